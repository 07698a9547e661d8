"""Where a bundle in a store is, and how the store is reached.

Nothing here imports the library that reads stores: it is imported only where a model is in one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.manifest import BundleError

# No user, query or fragment: they could hold a secret, and addresses are printed and logged.
_ADDRESS = re.compile(r"(s3|gs|az|https)://[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5})?(/[^\s/?#,]+)*")
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
_METADATA = "http://169.254.169.254"
_ENDPOINT = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")


@dataclass(frozen=True)
class Address:
    """The place of a bundle in a store."""

    uri: str

    def __str__(self) -> str:
        return self.uri

    @property
    def container(self) -> str:
        """The bucket, or the host of an https:// address."""
        return self.uri.split("/")[2]


@dataclass(frozen=True)
class Access:
    """How a store is reached. Its library itself reads the region and the credentials, which are in none of these.

    Attributes:
        endpoint: The URL of a store that speaks S3; empty for Amazon's own.
        ca_bundle: The path of a PEM file with certificates to trust besides the usual ones; empty for none.
        verify: Whether the store's certificate is verified.
        metadata: The URL of the metadata service of an instance of Amazon's, if only that could give credentials for
            s3://; otherwise empty.
    """

    endpoint: str = ""
    ca_bundle: str = ""
    verify: bool = True
    metadata: str = ""


def is_address(text: str) -> bool:
    """Return whether a model's path means a place in a store rather than a folder."""
    return "://" in text


def parse(text: str) -> Address:
    """Return the address without a slash at its end. Raises BundleError."""
    uri = text.rstrip("/")
    if not _ADDRESS.fullmatch(uri):
        raise BundleError(
            "The address of a model in a store must look like s3://bucket/folder; gs://, az:// and https:// are read "
            "too. It must not have a user, a query or a fragment."
        )
    return Address(uri)


def access(environment: Mapping[str, str]) -> Access:
    """Read the variables that KServe sets for its own download of models. Raises BundleError."""
    endpoint = environment.get("AWS_ENDPOINT_URL", "").strip()
    if endpoint and "://" not in endpoint:
        secure = environment.get("S3_USE_HTTPS", "").strip() != "0"
        endpoint = f"{'https' if secure else 'http'}://{endpoint}"
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        raise BundleError("AWS_ENDPOINT_URL must be like https://store.example.org:9000, without a user or a query.")
    return Access(
        endpoint=endpoint,
        ca_bundle=environment.get("AWS_CA_BUNDLE", "").strip(),
        verify=environment.get("S3_VERIFY_SSL", "").strip() != "0",
        metadata=""
        if any(environment.get(name) for name in _CREDENTIALS)
        else environment.get("AWS_METADATA_ENDPOINT", "").strip() or _METADATA,
    )
