"""The dashboards are what Grafana's public schema describes, and Prometheus understands their queries."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import npm_packages, program
from tests.monitoring.files import DASHBOARDS, FOLDER, OBJECTS, expressions, promtool, with_variables

HERE = Path(__file__).with_name("grafana")
# The schema leaves the query of an annotation to its data source, and its enumerations are none of JSON.
HEAD = """
import { ThresholdsMode, type AnnotationQuery, type Dashboard } from '@grafana/schema';
type Annotation = AnnotationQuery & { expr: string; titleFormat: string; textFormat?: string };
type Board = Omit<Dashboard, 'annotations'> & { annotations: { list: Annotation[] } };
export const board: Board = """


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Grafana's types and their compiler."""
    return npm_packages(HERE, tmp_path_factory.mktemp("grafana")).parent


def faults(folder: Path, dashboard: object) -> str:
    """Return what the compiler says about a dashboard."""
    text = json.dumps(dashboard).replace('"absolute"', "ThresholdsMode.Absolute")
    (folder / "board.ts").write_text(HEAD + text)
    command = [program("nodejs", "node", "nodejs"), "node_modules/typescript/bin/tsc", "--project", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.network
@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_has_grafanas_types(types: Path, name: str) -> None:
    assert faults(types, DASHBOARDS[name]) == ""


@pytest.mark.network
def test_the_types_find_a_wrong_field(types: Path) -> None:
    assert '"gridPosition"' in faults(types, {**DASHBOARDS["serving"], "gridPosition": 1})


@pytest.mark.slow
@pytest.mark.parametrize("name", DASHBOARDS)
def test_prometheus_understands_every_query(name: str, tmp_path: Path) -> None:
    queries = expressions(DASHBOARDS[name]).values()
    rules = [{"record": f"q{i}", "expr": with_variables(expr, app="a", model="m")} for i, expr in enumerate(queries)]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    done = promtool("check", "rules", tmp_path / "rules.yaml")
    assert done.returncode == 0, done.stderr


def test_the_types_are_of_the_grafana_that_is_deployed() -> None:
    image = OBJECTS["Deployment", "mlserving-grafana"]["spec"]["template"]["spec"]["containers"][0]["image"]
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]["@grafana/schema"]
    assert image == f"docker.io/grafana/grafana:{wanted}"


def test_grafana_reads_the_dashboards_and_asks_prometheus() -> None:
    source = yaml.safe_load((FOLDER / "grafana" / "datasource.yaml").read_text())["datasources"][0]
    port = OBJECTS["Service", "mlserving-prometheus"]["spec"]["ports"][0]["port"]
    assert source["url"] == f"http://mlserving-prometheus:{port}"
    provider = yaml.safe_load((FOLDER / "grafana" / "provider.yaml").read_text())["providers"][0]
    container = OBJECTS["Deployment", "mlserving-grafana"]["spec"]["template"]["spec"]["containers"][0]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert provider["options"]["path"] == mounts["dashboards"]
