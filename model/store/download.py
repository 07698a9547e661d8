"""Loads bundles from a store.

The manifest is read first, and then exactly the files that it lists, each by its key. Nothing is listed, so a neighbour
of a similar name is never read. No file is written, so that a pod with a read-only root file system needs no volume.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from model.bundle import Bundle, assembled
from model.manifest import LONGEST_MANIFEST, MANIFEST, parse_manifest, verified
from model.store import client
from model.store.address import Access, Address
from model.store.client import Limits

# At its start the server gives up before the Deployment's startupProbe does, after 60 s, so that the log says why.
AT_START = Limits(whole=50, attempts=44)


def load(addresses: Sequence[Address], access: Access, limits: Limits = AT_START) -> list[Bundle]:
    """Read and verify bundles.

    Raises:
        BundleError: The store cannot be reached or is too slow, or a bundle is not there, damaged or inconsistent.
    """
    files = client.run([partial(read, address, access, limits) for address in addresses], limits)
    return [
        assembled(str(address), content[MANIFEST], content) for address, content in zip(addresses, files, strict=True)
    ]


def read(address: Address, access: Access, limits: Limits) -> dict[str, bytes]:
    """Return the verified files of a bundle by name, with its manifest. Raises BundleError."""
    store = client.open_store(address, access, limits)
    head = client.get(store, address, MANIFEST, LONGEST_MANIFEST)
    content = {
        name: verified(str(address), name, entry, client.get(store, address, name, entry.bytes))
        for name, entry in parse_manifest(str(address), head).files.items()
    }
    return {MANIFEST: head, **content}
