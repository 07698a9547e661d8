"""The NodePort while it has no pod, and once it has one again."""

import socket
import time

import httpx
import pytest

from tests.e2e.conftest import Deployed, without_pods
from tests.served import free_port

pytestmark = pytest.mark.cluster


def connect(host: str, source_port: int) -> None:
    url = httpx.URL(host)
    assert url.port
    socket.create_connection((url.host, url.port), timeout=5, source_address=("", source_port)).close()


def test_a_source_port_that_was_refused_without_a_pod_connects_once_there_is_one(deployed: Deployed) -> None:
    port = free_port()
    with without_pods(deployed), pytest.raises(ConnectionRefusedError):
        connect(deployed.cluster.host, port)
    began = time.monotonic()
    while True:
        try:
            connect(deployed.cluster.host, port)
        except ConnectionRefusedError:
            assert time.monotonic() - began < 10  # kube-proxy follows within a second
            time.sleep(0.5)
        else:
            return
