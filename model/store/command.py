"""The commands `python -m model push` and `fetch`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from model.store import address


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pushed = commands.add_parser("push", help="copy a bundle to a store, into a folder named after its digest")
    pushed.add_argument("folder", type=Path, metavar="FOLDER")
    pushed.add_argument("uri", metavar="URI", help="such as s3://bucket/my_model")
    pushed.add_argument("--exact", action="store_true", help="into URI itself, which must stay the same")
    pushed.set_defaults(run=_push)

    fetched = commands.add_parser("fetch", help="copy a bundle from a store into a folder")
    fetched.add_argument("uri", metavar="URI", help="what push printed as MODEL_PATH")
    fetched.add_argument("folder", type=Path, metavar="FOLDER")
    fetched.set_defaults(run=_fetch)


def _push(arguments: argparse.Namespace) -> None:
    from model import bundle_transfer  # noqa: PLC0415 (see model/store/address.py)

    place, access = address.parse(arguments.uri), address.access(os.environ)
    place, pushed = bundle_transfer.push(arguments.folder, place, access, exact=arguments.exact)
    print(f"MODEL_PATH={place}\nMODEL_DIGEST={pushed.digest}")


def _fetch(arguments: argparse.Namespace) -> None:
    from model import bundle_transfer  # noqa: PLC0415 (see model/store/address.py)

    fetched = bundle_transfer.fetch(address.parse(arguments.uri), arguments.folder, address.access(os.environ))
    print(f"Wrote {fetched.folder}, the bundle with the digest {fetched.digest}.")
