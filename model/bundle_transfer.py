"""`python -m model push` and `fetch`: copies a bundle from a folder to a store and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from model import bundle
from model.bundle import Bundle
from model.bundle_write import write
from model.manifest import MANIFEST
from model.store import client, download
from model.store.address import Access, Address
from model.store.client import Limits

# A person is waiting and can repeat the command, so an unreachable store is given up sooner than at the server's start;
# a large bundle may take long.
BY_HAND = Limits(whole=600, attempts=10)


def push(folder: Path, address: Address, access: Access, limits: Limits = BY_HAND) -> tuple[Address, Bundle]:
    """Copy a bundle to a folder named after its digest, so that versions never mix.

    Returns:
        The address of the new folder, and the bundle.

    Raises:
        BundleError: There is no sound bundle in the folder, or the store does not take it.
    """
    made = bundle.load(folder)
    place = Address(f"{address}/{made.digest}")
    store = client.open_store(place, access, limits)

    def write_all() -> None:
        # The manifest comes last: nobody who reads it finds a file missing.
        for name in (*sorted(bundle.names(made.folder) - {MANIFEST}), MANIFEST):
            client.put(store, place, name, (made.folder / name).read_bytes())

    client.run([write_all], limits)
    return place, made


def fetch(address: Address, folder: Path, access: Access, limits: Limits = BY_HAND) -> Bundle:
    """Copy a bundle into a folder: the whole of it or nothing. A bundle that is there is replaced.

    Raises:
        BundleError: The bundle cannot be read, or the folder holds something else or cannot be written.
    """
    (content,) = client.run([partial(download.read, address, access, limits)], limits)
    return write(folder, content)
