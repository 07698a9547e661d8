"""Which cluster the recorder connects to, and when it is none."""

from pathlib import Path

import pytest
from kubernetes import client
from kubernetes.config import incluster_config, kube_config

from loadtest.cluster import record
from loadtest.cluster.record import ClusterError, NoClusterError, Recorder


@pytest.fixture
def no_kubeconfig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))


def test_no_kubeconfig_outside_a_cluster_means_no_cluster(no_kubeconfig: None) -> None:
    with pytest.raises(NoClusterError):
        record.connection(None)


def test_context_without_a_kubeconfig_is_an_error(no_kubeconfig: None) -> None:
    with pytest.raises(ClusterError, match="The kubeconfig cannot be used"):
        record.connection("mine")


@pytest.fixture
def service_account(no_kubeconfig: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, content in (("TOKEN", "secret"), ("CERT", "certificate")):
        (tmp_path / name).write_text(content)
        monkeypatch.setattr(incluster_config, f"SERVICE_{name}_FILENAME", str(tmp_path / name))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


def test_pod_uses_its_service_account(service_account: None) -> None:
    settings, in_pod = record.connection(None)
    assert in_pod
    assert (settings.host, settings.retries) == ("https://10.96.0.1:443", False)
    assert settings.get_api_key_with_prefix("BearerToken") == "bearer secret"


@pytest.mark.parametrize("status", [403, 404])
def test_pod_that_may_not_observe_measures_the_host_only_unless_a_cluster_was_asked_for(
    service_account: None, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def refuse(*_: object) -> None:
        raise client.ApiException(status, "refused")

    monkeypatch.setattr(client, "ApiClient", lambda _: None)
    monkeypatch.setattr(Recorder, "find", refuse)
    with pytest.raises(NoClusterError, match=rf"ml-serving-hpa in namespace default .*: {status} refused\.$"):
        Recorder.connect(None, None)
    with pytest.raises(ClusterError, match=f"namespace models .*: {status} refused"):
        Recorder.connect("models", None)
    monkeypatch.setattr(record, "connection", lambda _: (client.Configuration(), False))
    with pytest.raises(ClusterError):
        Recorder.connect(None, None)
