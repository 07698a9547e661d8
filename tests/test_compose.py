"""compose.yaml is valid, and agrees with the manifests of Kubernetes: images, users, limits, settings and files."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.settings import from_environment
from tests.conftest import ROOT, program
from tests.k8s.test_media_cost import MANIFESTS as MEDIA_COST
from tests.monitoring.files import FOLDER, OBJECTS, promtool

TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
PODS: dict[str, dict[str, Any]] = {
    "media-cost": MEDIA_COST["deployment"]["spec"]["template"]["spec"],
    **{
        name: OBJECTS["Deployment", name]["spec"]["template"]["spec"]
        for name in ("mlserving-prometheus", "mlserving-grafana")
    },
}
SERVER = SERVICES["media-cost"]
STORE = SERVICES["mlserving-store"]


def container(name: str) -> dict[str, Any]:
    found: dict[str, Any] = PODS[name]["containers"][0]
    return found


def config(folder: Path, **variables: str) -> dict[str, Any]:
    """Return what docker-compose makes of compose.yaml in a folder without .env."""
    path = program("docker-compose", "docker-compose")
    command = [path, "--file", "compose.yaml", "--profile", "store", "config"]
    done = subprocess.run(
        command, cwd=folder, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True, check=True
    )
    assert "WARN" not in done.stderr, done.stderr
    services: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return services


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_privileges(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert {"cpus", "mem_limit"} <= service.keys()
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & service.keys()
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in service["ports"])
    mounts = [volume for volume in service.get("volumes", ()) if volume.startswith(("/", "."))]
    assert all(mount.startswith("./k8s/monitoring/") and mount.endswith(":ro") for mount in mounts)


@pytest.mark.parametrize("name", PODS)
def test_a_container_has_the_image_user_and_limits_of_its_pod(name: str) -> None:
    service, security, limits = SERVICES[name], PODS[name]["securityContext"], container(name)["resources"]["limits"]
    assert service["image"] == container(name)["image"]
    assert service["user"] == f"{security['runAsUser']}:{security['runAsGroup']}"
    assert service["cpus"] == float(limits["cpu"])
    assert service["mem_limit"] == limits["memory"].removesuffix("i").lower()


def test_the_server_has_the_settings_of_its_pod() -> None:
    expected, values = MEDIA_COST["configmap"]["data"], SERVER["environment"]
    for name in ("MODEL_NAME", "DOCS", "PORT", "METRICS_PORT"):
        assert values[name] == expected[name]
    for name in ("MODEL_PATH", "MODEL_DIGEST"):
        assert values[name] == f"${{{name}:-{expected[name]}}}"
    assert SERVER["ports"] == [f"127.0.0.1:{expected['PORT']}:{expected['PORT']}"], "the metrics are not published"


def test_the_server_is_ready_as_its_pod_is_and_may_finish_its_requests() -> None:
    path = container("media-cost")["readinessProbe"]["httpGet"]["path"]
    assert f"http://127.0.0.1:{SERVER['environment']['PORT']}{path}" in SERVER["healthcheck"]["test"][-1]
    assert int(SERVER["stop_grace_period"].removesuffix("s")) >= from_environment({}).grace_seconds + 5


def test_prometheus_runs_with_the_options_of_its_pod() -> None:
    expected = [argument.replace("=/data", "=/prometheus") for argument in container("mlserving-prometheus")["args"]]
    assert SERVICES["mlserving-prometheus"]["command"] == expected


def test_prometheus_scrapes_the_server_under_the_labels_of_its_pod() -> None:
    expected, found = (
        yaml.safe_load((FOLDER / name).read_text()) for name in ("prometheus.yml", "prometheus-compose.yml")
    )
    for part in ("global", "rule_files"):
        assert found[part] == expected[part]
    (job,) = found["scrape_configs"]
    assert job["job_name"] == expected["scrape_configs"][0]["job_name"]
    app = MEDIA_COST["deployment"]["metadata"]["labels"]["app.kubernetes.io/name"]
    target = f"media-cost:{SERVER['environment']['METRICS_PORT']}"
    assert job["static_configs"] == [{"targets": [target], "labels": {"app": app, "pod": app}}]


@pytest.mark.slow
def test_promtool_accepts_the_configuration() -> None:
    done = promtool("check", "config", FOLDER / "prometheus-compose.yml")
    assert done.returncode == 0, done.stderr


def test_grafana_has_the_settings_and_files_of_its_pod() -> None:
    service, pod = SERVICES["mlserving-grafana"], container("mlserving-grafana")
    assert service["environment"] == {entry["name"]: entry["value"] for entry in pod["env"]}
    mounts = dict(volume.removesuffix(":ro").split(":") for volume in service["volumes"])
    written = {mount.partition(":")[0] for mount in service["tmpfs"]}
    assert {*mounts.values(), *written} == {mount["mountPath"] for mount in pod["volumeMounts"]}
    assert all((ROOT / source).exists() for source in mounts)
    source = yaml.safe_load((FOLDER / "grafana" / "datasource.yaml").read_text())["datasources"][0]
    assert source["url"] == "http://mlserving-prometheus:9090", "the service of that name"


def test_the_store_has_the_version_that_the_tests_compile() -> None:
    version = re.search(r"versitygw version=(\S+)", (ROOT / "scripts" / "go_program").read_text())
    assert version
    assert STORE["image"] == f"docker.io/versity/versitygw:{version[1]}"
    assert STORE["profiles"] == ["store"], "it does not start unless it is asked for"


@pytest.mark.slow
def test_docker_compose_accepts_it_without_keys() -> None:
    assert config(ROOT).keys() == SERVICES.keys()


@pytest.mark.slow
def test_server_and_store_have_the_keys_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(TEXT)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    for keys in (("", ""), ("somebody", "hush")):
        services = config(tmp_path, **dict(zip(names, keys, strict=True)))
        assert tuple(services["mlserving-store"]["environment"].values()) == keys
        assert tuple(services["media-cost"]["environment"][name] for name in names) == keys


@pytest.mark.slow
def test_docker_compose_refuses_an_unknown_key(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(TEXT.replace("read_only: true", "readonly: true"))
    with pytest.raises(subprocess.CalledProcessError):
        config(tmp_path)
