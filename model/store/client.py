"""Reads and writes single objects of a store, and says in a sentence what failed."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import from_url

from model.manifest import MANIFEST, BundleError
from model.store.address import Access, Address

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

_CONNECT_SECONDS = 3
_LONGEST_PAUSE = 2.0  # between two attempts
_SILENCE_SECONDS = 10  # after which a connection that sends nothing is given up
_RESERVE_SECONDS = 5.0  # `run` gives up before the library does
_METADATA_SECONDS = 1.0  # within which the metadata service of an instance, one hop away, accepts a connection
_NO_CREDENTIALS = "there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role"


_Result = TypeVar("_Result")


class Limits(NamedTuple):
    """How long a store may take, in seconds.

    Attributes:
        whole: For all files of all models together.
        attempts: For how long a request that fails is sent again; it ends up to 5 s later.
    """

    whole: float
    attempts: float


def run(works: Sequence[Callable[[], _Result]], limits: Limits) -> list[_Result]:
    """Do several pieces of work on stores side by side, and return their results.

    The library's asynchronous functions are not used: their threads may abort a process that ends right after a call
    (SIGABRT in 2 of 27 commands; in none of 120 this way). The threads are daemons, because a process that gives up
    need not wait for a store that is too slow.

    Raises:
        BundleError: One of them failed, or they took too long.
    """

    def do(work: Callable[[], _Result], future: Future[_Result]) -> None:
        try:
            future.set_result(work())
        except Exception as error:  # it is raised again where the result is asked for
            future.set_exception(error)

    futures: list[Future[_Result]] = [Future() for _ in works]
    for work, future in zip(works, futures, strict=True):
        Thread(target=do, args=(work, future), daemon=True).start()
    done, _ = wait(futures, limits.whole, FIRST_EXCEPTION)
    for future in done:
        future.result()
    if len(done) < len(futures):
        raise BundleError(f"The store is too slow: the transfer was not complete after {limits.whole:g} s.")
    return [future.result() for future in futures]


def open_store(address: Address, access: Access, limits: Limits) -> ObjectStore:
    """Return the folder at the address as a store of its own; the store is not asked yet. Raises BundleError."""
    if address.uri.startswith("s3://") and access.metadata and not _listens(access.metadata):
        raise BundleError(f"The store of {address} cannot be used: {_NO_CREDENTIALS}.")
    options: ClientConfig = {
        "allow_http": access.endpoint.startswith("http://"),
        "allow_invalid_certificates": not access.verify,
        "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
        "read_timeout": timedelta(seconds=_SILENCE_SECONDS),
        "timeout": timedelta(seconds=limits.whole + _RESERVE_SECONDS),
    }
    if access.ca_bundle:
        options["root_certificate"] = _certificates(access.ca_bundle)
    retry: RetryConfig = {
        "max_retries": 1000,  # the time ends them
        "retry_timeout": timedelta(seconds=limits.attempts),
        "backoff": {
            "init_backoff": timedelta(seconds=0.2),
            "max_backoff": timedelta(seconds=_LONGEST_PAUSE),
            "base": 2,
        },
    }
    own = access.endpoint and address.uri.startswith("s3://")
    config: S3Config | None = {"endpoint": access.endpoint} if own else None
    try:
        return from_url(address.uri, config=config, client_options=options, retry_config=retry)
    except (exceptions.BaseError, ValueError) as error:
        raise BundleError(f"The store of {address} cannot be used with these settings.") from error


def get(store: ObjectStore, address: Address, name: str, limit: int) -> bytes:
    """Return an object, of at most `limit` bytes. A larger one is refused before its body is read.

    Raises:
        BundleError: It is not there, is too large, or cannot be read.
    """
    with _explained(address, name):
        found = obstore.get(store, name)
        if (size := found.meta["size"]) > limit:
            raise BundleError(f"{name} in {address} has {size} bytes, more than the {limit} that are expected.")
        return bytes(found.bytes())


def put(store: ObjectStore, address: Address, name: str, content: bytes) -> None:
    """Write an object. Raises BundleError."""
    with _explained(address, name):
        obstore.put(store, name, content)


def _listens(url: str) -> bool:
    """Return whether the metadata service is there. The library would ask it again and again, for 44 s."""
    try:
        place = urlsplit(url)
        socket.create_connection((place.hostname, place.port or 80), _METADATA_SECONDS).close()
    except (OSError, ValueError):
        return False
    return True


def _certificates(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BundleError(f"AWS_CA_BUNDLE names {path}, which cannot be read: {error.strerror}.") from error


@contextmanager
def _explained(address: Address, name: str) -> Iterator[None]:
    """Turn the library's errors into sentences. Their own texts are pages long, and may contain what was sent."""
    try:
        yield
    except FileNotFoundError as error:
        if "<Code>XAdminUserNotFound" in str(error):  # versitygw knows no such key
            raise _no_access(address) from None
        if "<Code>NoSuchBucket" in str(error):
            raise BundleError(f"There is no bucket {address.container!r}, so no model at {address}.") from None
        if name == MANIFEST:
            raise BundleError(f"There is no model bundle at {address}: it has no {MANIFEST}.") from None
        raise BundleError(f"The bundle {address} has no {name}.") from None
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
        raise _no_access(address) from None
    except exceptions.BaseError as error:
        cause = next((cause for sign, cause in _CAUSES if sign in str(error)), "it answers with errors")
        raise BundleError(f"The store of {address} cannot be used: {cause}.") from None


def _no_access(address: Address) -> BundleError:
    return BundleError(
        f"The store does not allow access to {address}. Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the "
        "role, and what it may read or write."
    )


_CAUSES = (
    ("/latest/api/token", _NO_CREDENTIALS),
    ("incorrectly configured region", "the bucket is in another region; set AWS_DEFAULT_REGION"),
    ("InvalidContentType", "it does not speak TLS; perhaps AWS_ENDPOINT_URL must begin with http://"),
    ("InvalidCertificate", "its certificate is not trusted; AWS_CA_BUNDLE can name a file with further ones"),
    ("dns error", "its name is unknown"),
    ("Connection refused", "nothing listens there"),
    ("imed out", "it does not answer in time"),
)
