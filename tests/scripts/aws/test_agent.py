"""CloudWatch's agent scrapes of a real server what is declared, and a real Prometheus loads its configuration."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT
from tests.monitoring.live import Prometheus, prometheus
from tests.scripts.aws.agent import declared, kept, scraping, wrong_series
from tests.scripts.aws.templates import AWS, read
from tests.scripts.aws.test_templates import MUTATIONS, SERVER, mutated
from tests.served import Served, free_port, serving

pytestmark = pytest.mark.slow

TEMPLATE = read(AWS / "service.yaml")
ADDED = ("job", "instance")  # labels, by Prometheus
DOCUMENT = (ROOT / "docs" / "aws.md").read_text()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the models that ship, which has refused a request."""
    names = ("breast_model", "digits", "brain_mri")
    models = {"MODEL_NAME": ",".join(names), "MODEL_PATH": ",".join(f"model/bundles/{name}" for name in names)}
    with serving(models, tmp_path_factory.mktemp("server") / "log") as server:
        assert httpx.post(f"{server.url}/predict", json={"unknown": 1}).status_code == 400
        yield server


@pytest.fixture(scope="module")
def families(served: Served) -> list[Metric]:
    return list(text_string_to_metric_families(httpx.get(f"{served.url}/metrics").text))


def test_every_series_becomes_a_declared_metric_and_every_declared_metric_has_one(families: list[Metric]) -> None:
    assert list(wrong_series(TEMPLATE, families)) == []


@pytest.mark.parametrize("mutation", [name for name, (*_, finder) in MUTATIONS.items() if finder == SERVER])
def test_a_mistake_is_found_in_what_the_server_shows(mutation: str, families: list[Metric], tmp_path: Path) -> None:
    assert list(wrong_series(read(mutated(mutation, tmp_path)), families))


def test_the_document_has_the_number_of_metrics_and_of_series(families: list[Metric]) -> None:
    """Refusals are left out: there are none of them until a caller makes a mistake."""
    series = [(name, labels) for _, name, labels in kept(TEMPLATE, families) if name != "mlserving_refused_total"]
    sets = {metric: dimensions for (_, metric), dimensions in declared(TEMPLATE).items()}
    metrics = {
        (name, tuple(labels[dimension] for dimension in sorted(dimensions)))
        for name, labels in series
        for dimensions in sets[name]
    }
    assert f"{len(metrics)} metrics of {len(series)} series" in DOCUMENT


def test_prometheus_loads_the_configuration_and_keeps_the_same_series(
    served: Served, families: list[Metric], tmp_path: Path
) -> None:
    configuration = scraping(TEMPLATE)
    configuration["global"]["scrape_interval"] = configuration["global"]["scrape_timeout"] = "1s"
    (job,) = configuration["scrape_configs"]
    job["static_configs"] = [{"targets": [served.url.removeprefix("http://")]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    expected = {(name, *sorted(labels.items())) for _, name, labels in kept(TEMPLATE, families)}
    with prometheus(tmp_path, free_port()) as running:
        deadline = time.monotonic() + 60
        while (scraped := series(running)) != expected and time.monotonic() < deadline:
            time.sleep(0.5)
    assert scraped == expected


def series(running: Prometheus) -> set[tuple[object, ...]]:
    """Return name and labels of all series, without what Prometheus itself adds."""
    found = (labels for labels, _ in running.query('{job="mlserving", __name__!~"up|scrape_.*"}'))
    return {
        (labels.pop("__name__"), *sorted((name, value) for name, value in labels.items() if name not in ADDED))
        for labels in found
    }
