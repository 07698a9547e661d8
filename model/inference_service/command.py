"""The command `python -m model isvc`."""

from __future__ import annotations

import argparse
import os
import sys

from model.inference_service.manifest import digest_of, manifest
from model.manifest import BundleError
from model.store import address
from model.store.address import Address


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    written = commands.add_parser("isvc", help="print the InferenceService with which KServe serves a stored bundle")
    written.add_argument("name", metavar="NAME", help="of the InferenceService, and of the model in URLs")
    written.add_argument("--uri", required=True, help="the bundle: what push printed as MODEL_PATH")
    written.set_defaults(run=_isvc)


def _isvc(arguments: argparse.Namespace) -> None:
    place = address.parse(arguments.uri)
    text = manifest(arguments.name, place)
    if "AWS_ACCESS_KEY_ID" in os.environ:
        _require_bundle(place)
    else:
        print(f"Whether there is a bundle at {place} was not checked: AWS_ACCESS_KEY_ID is not set.", file=sys.stderr)
    print(text, end="")


def _require_bundle(place: Address) -> None:
    from model import bundle_transfer  # noqa: PLC0415 (see model/store/address.py)

    found = bundle_transfer.find(place, address.access(os.environ))
    if digest_of(place) not in ("", found):
        raise BundleError(f"The bundle at {place} has another digest, {found}.")
