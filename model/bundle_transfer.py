"""Copies a bundle from a folder to a store and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from model import bundle
from model.bundle import Bundle
from model.bundle_write import write
from model.manifest import LONGEST_MANIFEST, MANIFEST, digest, parse_manifest
from model.store import client, download
from model.store.address import Access, Address
from model.store.client import Limits

# A person is waiting and can repeat the command, so an unreachable store is given up sooner than at the server's start;
# a large bundle may take long.
BY_HAND = Limits(whole=600, attempts=10)


def push(folder: Path, address: Address, access: Access, *, exact: bool = False) -> tuple[Address, Bundle]:
    """Copy a bundle to a store.

    Args:
        folder: The bundle.
        address: Where to put a folder named after the digest of the bundle, so that versions never mix.
        access: How to reach the store.
        exact: Put the files at the address itself. While they replace those of another version, the sums do not match,
            and nobody can read either version.

    Returns:
        The address of the bundle, and the bundle.

    Raises:
        BundleError: There is no sound bundle in the folder, or the store does not take it.
    """
    made = bundle.load(folder)
    place = address if exact else Address(f"{address}/{made.digest}")
    store = client.open_store(place, access, BY_HAND)

    def write_all() -> None:
        # The manifest comes last: nobody who reads it finds a file missing.
        for name in (*sorted(bundle.names(made.folder) - {MANIFEST}), MANIFEST):
            client.put(store, place, name, (made.folder / name).read_bytes())

    client.run([write_all], BY_HAND)
    return place, made


def fetch(address: Address, folder: Path, access: Access) -> Bundle:
    """Copy a bundle into a folder: the whole of it or nothing. A bundle that is there is replaced.

    Raises:
        BundleError: The bundle cannot be read, or the folder holds something else or cannot be written.
    """
    (content,) = client.run([partial(download.read, address, access, BY_HAND)], BY_HAND)
    return write(folder, content)


def find(address: Address, access: Access) -> str:
    """Return the digest of a bundle of which only the manifest is read. Raises BundleError if there is none."""

    def read() -> bytes:
        return client.get(client.open_store(address, access, BY_HAND), address, MANIFEST, LONGEST_MANIFEST)

    (head,) = client.run([read], BY_HAND)
    parse_manifest(str(address), head)
    return digest(head)
