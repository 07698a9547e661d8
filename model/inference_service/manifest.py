"""Writes the InferenceService of a bundle, and the autoscaler, disruption budget and Service that go with it."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import yaml

from model.inference_service import schema
from model.manifest import BundleError
from model.store.address import Address
from model.task import check_name

TEMPLATE = Path(__file__).with_name("template.yaml")
LONGEST_NAME = 63 - len("-predictor")  # KServe names a Service NAME-predictor
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_URI = re.compile(r"s3://[!#-\[\]-~]+")  # ASCII without what YAML would escape in quotes
_DIGEST = re.compile(r"[0-9a-f]{64}")


def manifest(name: str, address: Address) -> str:
    """Return the YAML of the objects, which are valid.

    Args:
        name: Of the InferenceService, and so of the model in URLs.
        address: Where the bundle is. If it ends in a digest, as those of `push` do, no other bundle is served.

    Raises:
        BundleError: KServe or the server would refuse the name or the address.
    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise BundleError(
            f"KServe cannot name an InferenceService {name!r}. Use 1 to {LONGEST_NAME} small letters, digits or '-', "
            "beginning with a letter and ending with a letter or digit."
        )
    try:
        check_name(name)
    except ValueError as error:
        raise BundleError(str(error)) from error
    if not _URI.fullmatch(address.uri):
        raise BundleError(f"KServe brings bundles from s3:// only, and {address} is not a plain address there.")
    text = Template(TEMPLATE.read_text()).substitute(name=name, uri=address, digest=digest_of(address))
    for document in yaml.safe_load_all(text):
        schema.check(document)
    return text


def digest_of(address: Address) -> str:
    """Return the digest at the end of the address, or an empty string."""
    last = address.uri.rpartition("/")[2]
    return last if _DIGEST.fullmatch(last) else ""
