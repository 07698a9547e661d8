"""Stores that are unreachable, slow or behind TLS."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from model.bundle import BundleError
from model.store import download
from model.store.address import Access, Address
from model.store.client import Limits
from tests.model.test_bundle import saved
from tests.object_store import KEY, SECRET, object_store
from tests.served import free_port
from tests.server.links.host import certified

pytestmark = pytest.mark.slow

ADDRESS = Address("s3://models/flowers")
SHORT = Limits(whole=10, attempts=2)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nETag: 1\r\nLast-Modified: Sun, 01 Nov 2026 08:00:00 GMT\r\n\r\n"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


@contextmanager
def dripping(head: bytes) -> Iterator[Access]:
    """Run a store that answers with the head and then a byte every tenth of a second, or with nothing at all."""
    stopped = threading.Event()

    class Drip(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.recv(65536)
                self.request.sendall(head)
                while not stopped.wait(0.1):
                    self.request.sendall(b"{" if head else b"")

    with ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Access(endpoint=f"http://127.0.0.1:{server.server_address[1]}")
        stopped.set()
        server.shutdown()
        thread.join()


@pytest.mark.timing
def test_unreachable_store_is_tried_again_until_the_time_is_over() -> None:
    started = time.monotonic()
    with pytest.raises(BundleError, match="cannot be used: nothing listens there"):
        download.load([ADDRESS], Access(endpoint=f"http://127.0.0.1:{free_port()}"), SHORT)
    assert 2 <= time.monotonic() - started < 5


def test_unknown_name_of_a_store_is_said() -> None:
    with pytest.raises(BundleError, match="cannot be used: its name is unknown"):
        download.load([ADDRESS], Access(endpoint="http://store.invalid:9000"), SHORT)


def test_store_that_comes_up_later_is_read(tmp_path: Path) -> None:
    port = free_port()
    made = saved(tmp_path / "root" / "made")
    (tmp_path / "root" / "models").mkdir()
    made.folder.rename(tmp_path / "root" / "models" / "flowers")
    digests: list[str] = []

    def load() -> None:
        limits = Limits(whole=20, attempts=15)
        digests.extend(one.digest for one in download.load([ADDRESS], Access(f"http://127.0.0.1:{port}"), limits))

    thread = threading.Thread(target=load)
    thread.start()
    time.sleep(1)
    with object_store(tmp_path / "root", port=port):
        thread.join()
    assert digests == [made.digest]


@pytest.mark.timing
@pytest.mark.parametrize("head", [b"", HEAD], ids=["silent", "dripping"])
def test_slow_store_is_given_up(head: bytes) -> None:
    with dripping(head) as access:
        started = time.monotonic()
        with pytest.raises(BundleError, match=r"The store is too slow: .* not complete after 1.5 s"):
            download.load([ADDRESS], access, Limits(whole=1.5, attempts=1))
        assert 1.5 <= time.monotonic() - started < 2.5


@pytest.mark.timing
def test_bucket_in_another_region_is_said() -> None:
    with dripping(b"HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\n\r\n") as access:
        started = time.monotonic()
        with pytest.raises(BundleError, match="is in another region; set AWS_DEFAULT_REGION"):
            download.load([ADDRESS], access, SHORT)
        assert time.monotonic() - started < 2


def test_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(BundleError, match="cannot be used with these settings"):
        download.load([ADDRESS], Access(ca_bundle=str(tmp_path / "ca.pem")), SHORT)


def test_certificate_must_be_trusted(tmp_path: Path) -> None:
    certified("localhost", tmp_path)
    own = tmp_path / "own.pem"
    with object_store(tmp_path / "root", certificate=own) as store:
        made = saved(store.root / "models" / "flowers")
        with pytest.raises(BundleError, match="its certificate is not trusted"):
            download.load([ADDRESS], Access(store.url), SHORT)
        with pytest.raises(BundleError, match="cannot be used"):
            download.load([ADDRESS], Access(store.url.replace("https", "http")), SHORT)
        for access in (Access(store.url, ca_bundle=str(own)), Access(store.url, verify=False)):
            assert [one.digest for one in download.load([ADDRESS], access, SHORT)] == [made.digest]


def test_folder_of_a_web_server_is_a_store_too(tmp_path: Path) -> None:
    made = saved(tmp_path / "made")
    tls, _ = certified("localhost", tmp_path)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        address = Address(f"https://localhost:{server.server_port}/made")
        loaded = download.load([address], Access(ca_bundle=str(tmp_path / "own.pem")), SHORT)
        server.shutdown()
        thread.join()
    assert [one.digest for one in loaded] == [made.digest]


@pytest.mark.timing
def test_missing_credentials_are_said_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(BundleError, match="there are no credentials; set AWS_ACCESS_KEY_ID"):
        download.load([ADDRESS], Access(metadata=f"http://127.0.0.1:{free_port()}"), download.AT_START)
    assert time.monotonic() - started < 2


def test_an_instance_without_a_role_has_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with dripping(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as metadata:
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", metadata.endpoint)
        with pytest.raises(BundleError, match="cannot be used: there are no credentials"):
            download.load([ADDRESS], Access(metadata=metadata.endpoint), SHORT)
