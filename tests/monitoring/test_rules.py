"""The rules of Prometheus do what k8s/monitoring/rules_test.yaml says, and those tests find a rule that is changed."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.metrics import BUCKETS
from tests.conftest import ROOT
from tests.monitoring.files import ALERTS, ALL_RULES, FOLDER, RULES, promtool

# A change, and the test that finds it.
MUTATIONS = (
    ('status=~"5.."', 'status=~"4.."', "an hour of answers"),
    ('status!="499"', 'status!="200"', "0.2 % of errors"),
    ("|/infer", "|/health/ready", "one failure of ten"),
    ('le="0.25"', 'le="0.5"', "a third"),
    ("> 14.4 * 0.001", "> 144 * 0.001", "an hour of answers"),
    ("> 6 * 0.001", "> 60 * 0.001", "1 % of errors"),
    ("> 1 * 0.001", "> 10 * 0.001", "0.2 % of errors"),
    ("> 14.4 * 0.01", "> 144 * 0.01", "a third"),
    ('errors:increase{window="1h"} >= 5', 'errors:increase{window="1h"} >= 1', "one failure of ten"),
    ('errors:increase{window="5m"} == 0', 'errors:increase{window="5m"} < 0', "an hour of answers"),
    ("for: 1m", "for: 5m", "the only pod"),
    ("[1h]))\n          unless", "[2h]))\n          unless", "the only pod"),
    ("for: 3m", "for: 30s", "one of two pods"),
    ("> 0.05\n        for: 2m", "> 0.5\n        for: 2m", "the event loop"),
    (">= 3\n          and", ">= 2\n          and", "three pods"),
    ("queue|bytes|", "bytes|", "a caller sends"),
    ("for: 10m", "for: 1m", "an update ends"),
    ("changes(process_start_time_seconds", "resets(process_start_time_seconds", "a container restarts"),
    ("index6h > 0.1", "index6h > 0.2", "one feature moves"),
    ("/ max by (app, model, feature) (mlserving_feature_reference_rows)", "/ 1e9", "few training rows"),
    ("increase6h >= 200", "increase6h >= 20", "one feature moves"),
    ("index6h > 0.25", "index6h > 0.001", "a class that was rare"),
    ("_total[1h])) > 0.1", "_total[1h])) > 0.3", "a fifth of the values"),
)


@pytest.mark.slow
def test_promtool_accepts_the_rules() -> None:
    done = promtool("check", "rules", "--lint-fatal", FOLDER / "rules.yaml")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_rules_pass_their_tests() -> None:
    done = promtool("test", "rules", FOLDER / "rules_test.yaml")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "test"), MUTATIONS)
def test_the_tests_find_a_changed_rule(old: str, new: str, test: str, tmp_path: Path) -> None:
    text = (FOLDER / "rules.yaml").read_text()
    assert old in text
    (tmp_path / "rules.yaml").write_text(text.replace(old, new))
    assert promtool("check", "rules", tmp_path / "rules.yaml").returncode == 0, "Prometheus would accept the change"
    shutil.copy(FOLDER / "rules_test.yaml", tmp_path)
    done = promtool("test", "rules", "--run", test, tmp_path / "rules_test.yaml")
    assert done.returncode == 1


def test_every_alert_is_tested() -> None:
    tested = re.findall(r"alertname: (\w+)\n +exp_alerts:\n", (FOLDER / "rules_test.yaml").read_text())
    assert set(tested) == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_severity_and_a_section_in_the_docs(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"]["runbook"] == f"docs/monitoring.md#{name.lower()}"
    assert f"\n### {name}\n" in (ROOT / "docs" / "monitoring.md").read_text()


def test_the_operators_rules_are_the_same() -> None:
    manifest = yaml.safe_load((FOLDER / "operator" / "prometheusrule.yaml").read_text())
    assert manifest["spec"]["groups"] == RULES["groups"]


def test_the_objective_for_latency_is_the_edge_of_a_bucket() -> None:
    assert 0.25 in BUCKETS, "the share of answers within 0.25 s can be counted only there"


def test_the_alert_at_the_maximum_knows_the_autoscalers() -> None:
    maximum = yaml.safe_load((ROOT / "k8s" / "hpa.yaml").read_text())["spec"]["maxReplicas"]
    assert f"== 1) >= {maximum}\n" in ALERTS["MlservingAtMaximum"]["expr"]


def test_every_record_is_used() -> None:
    text = "".join(rule["expr"] for rule in ALL_RULES)
    records = {rule["record"] for rule in ALL_RULES if "record" in rule}
    assert {record for record in records if record not in text} == set()


@pytest.mark.parametrize("group", RULES["groups"], ids=lambda group: group["name"])
def test_an_expression_reads_records_made_before_it_in_its_group(group: dict[str, Any]) -> None:
    """Groups are evaluated in any order, so that a record of another group may be one interval old."""
    made: set[str] = set()
    for rule in group["rules"]:
        assert set(re.findall(r"mlserving:[a-z0-9_:]+", rule["expr"])) <= made
        made |= {rule["record"]} if "record" in rule else set()
