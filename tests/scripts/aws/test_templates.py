"""The templates agree with the server and with AWS's metrics, and each of many mistakes in them is found."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.aws.contract import wrong_alarms, wrong_service
from tests.scripts.aws.options import wrong_beanstalk, wrong_registry
from tests.scripts.aws.templates import AWS, read

TOOL, OWN, SERVER = "tool", "own", "server"
# What is changed in which template, and who finds it: AWS's tools in scripts/aws/check, the contract, or a comparison
# with the metrics of a real server.
MUTATIONS = {
    "misspelled-property": ("service", "StopTimeout: 50", "StopTimeuot: 50", TOOL),
    "unknown-resource": ("service", "TargetGroupArn: !Ref TargetGroup}\n\n", "TargetGroupArn: !Ref Targets}\n\n", TOOL),
    "writable-root": ("service", "ReadonlyRootFilesystem: true", "ReadonlyRootFilesystem: false", OWN),
    "invalid-headers-pass": ("service", 'enabled, Value: "true"', 'enabled, Value: "false"', TOOL),
    "images-not-scanned": ("registry", "ScanOnPush: true", "ScanOnPush: false", TOOL),
    "unknown-alarm": ("alarms", 'ALARM("${ErrorsIn1Hour}")', 'ALARM("${ErrorsIn1Hours}")', TOOL),
    "unknown-role": ("beanstalk", "Roles: [!Ref InstanceRole]", "Roles: [!Ref Instance]", TOOL),
    "no-drain": ("service", 'DRAIN_SECONDS, Value: "20"', 'DRAIN_SECONDS, Value: "0"', OWN),
    "killed-early": ("service", "StopTimeout: 50", "StopTimeout: 30", OWN),
    "idle-too-long": ("service", 'timeout_seconds, Value: "60"', 'timeout_seconds, Value: "75"', OWN),
    "wrong-health-path": ("service", "HealthCheckPath: /health/ready", "HealthCheckPath: /health", OWN),
    "root-user": ("service", 'User: "10001:10001"', 'User: "0:0"', OWN),
    "gap-in-updates": ("service", "MinimumHealthyPercent: 100", "MinimumHealthyPercent: 50", OWN),
    "no-rollback": ("service", "Rollback: true", "Rollback: false", OWN),
    "fixed-tasks": ("service", "LaunchType: FARGATE", "LaunchType: FARGATE\n      DesiredCount: 1", OWN),
    "misspelled-metric": ("alarms", "MetricName: RequestCount", "MetricName: RequestsCount", OWN),
    "misspelled-metric-on-dashboard": ("alarms", '"MemoryUtilization"', '"MemoryUtilisation"', OWN),
    "missing-dimension": ("alarms", "        - {Name: TargetGroup, Value: !Ref Targets}\n", "", OWN),
    "mean-of-a-count": ("alarms", "Stat: Sum, Period: 300", "Stat: Average, Period: 300", OWN),
    "alarm-on-silence": ("alarms", "TreatMissingData: notBreaching", "TreatMissingData: breaching", OWN),
    "other-budget": ("alarms", "Threshold: 1.44", "Threshold: 14.4", OWN),
    "silent-alarm": ("alarms", "      AlarmActions: [!Ref Topic]\n", "", OWN),
    "images-kept-for-ever": ("registry", '"countNumber": 10', '"countNumber": 1000', OWN),
    "misspelled-option": ("beanstalk", "OptionName: MaxSize", "OptionName: MaximumSize", OWN),
    "more-instances": (
        "beanstalk",
        "MaxInstances: {Type: Number, Default: 2",
        "MaxInstances: {Type: Number, Default: 4",
        OWN,
    ),
    "target-not-planned": ("service", "Default: 13200", "Default: 20000", OWN),
    "other-cpu-target": ("service", "TargetValue: 60", "TargetValue: 90", OWN),
    "target-without-effect": ("service", "TargetValue: !Ref RequestsPerTask", "TargetValue: 1000", OWN),
    "unknown-log": ("service", '"${MetricsLog}"', '"${MetricLog}"', TOOL),
    "metrics-by-default": ("service", 'Default: "off"', 'Default: "on"', OWN),
    "agent-ends-the-service": ("service", "Essential: false", "Essential: true", OWN),
    "agent-too-large": ("service", "Memory: 200", "Memory: 400", OWN),
    "agent-takes-the-cpu": ("service", "Cpu: 32", "Cpu: 128", OWN),
    "agent-at-another-port": ("service", '"127.0.0.1:9000"', '"127.0.0.1:9001"', OWN),
    "metrics-in-public": ("service", "{Name: http, ContainerPort: 8000}", "{ContainerPort: 9000}", OWN),
    "agent-misconfigured": ("service", '"metric_selectors"', '"metrics_selectors"', OWN),
    "agent-may-do-anything": (
        "service",
        "[logs:CreateLogStream, logs:DescribeLogStreams, logs:PutLogEvents]",
        "[logs:*]",
        OWN,
    ),
    "metrics-kept-for-ever": ("service", "/metrics\n      RetentionInDays: 30", "/metrics", OWN),
    "other-dimension-on-dashboard": ("alarms", "{mlserving,reason}", "{mlserving,route}", OWN),
    "misspelled-metric-of-the-server": ("service", "^mlserving_refused_total$", "^mlserving_refusals_total$", SERVER),
    "missing-label": ("service", '[["reason"]]', '[["cause"]]', SERVER),
    "metric-not-scraped": ("service", "|feature_outside|", "|", SERVER),
    "histogram": (
        "service",
        "mlserving_(refused",
        "mlserving_request_seconds_(sum|count);.*|mlserving_(refused",
        SERVER,
    ),
    "series-only-in-the-log": ("service", "|predictions|", "|predictions|feature_values|", SERVER),
}


def findings(path: Path, name: str) -> list[str]:
    wrong = {
        "service": wrong_service,
        "alarms": wrong_alarms,
        "beanstalk": wrong_beanstalk,
        "registry": wrong_registry,
    }[name]
    return list(wrong(read(path)))


def mutated(mutation: str, folder: Path) -> Path:
    name, before, after, _ = MUTATIONS[mutation]
    text = (AWS / f"{name}.yaml").read_text()
    assert before in text
    path = folder / f"{mutation}.yaml"
    path.write_text(text.replace(before, after, 1))
    return path


@pytest.mark.parametrize("name", ["service", "alarms", "beanstalk", "registry"])
def test_the_templates_agree_with_the_server_and_with_each_other(name: str) -> None:
    assert findings(AWS / f"{name}.yaml", name) == []


@pytest.mark.parametrize("mutation", [name for name, (*_, finder) in MUTATIONS.items() if finder == OWN])
def test_a_mistake_is_found_by_the_contract(mutation: str, tmp_path: Path) -> None:
    assert findings(mutated(mutation, tmp_path), MUTATIONS[mutation][0])


@pytest.fixture
def tools_environment() -> dict[str, str]:
    """Without credentials, which the tools do not need."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


@pytest.mark.slow
@pytest.mark.network
def test_mistakes_are_found_by_the_tools(tmp_path: Path, tools_environment: dict[str, str]) -> None:
    names = [name for name, (*_, finder) in MUTATIONS.items() if finder == TOOL]
    paths = [mutated(name, tmp_path) for name in names]
    command = [AWS / "check", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=tools_environment)
    assert done.returncode == 1
    found = set(re.findall(r"/([a-z0-9-]+)\.yaml:\d+", done.stdout))
    assert found == set(names), done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.network
def test_the_tools_find_nothing_and_moto_creates_every_resource(tools_environment: dict[str, str]) -> None:
    done = subprocess.run([AWS / "check"], capture_output=True, text=True, check=False, env=tools_environment)
    assert done.returncode == 0, done.stdout + done.stderr
    made = re.findall(
        r"^(\w+)\.yaml: (\d+) resources by CloudFormation, (\d+) by AWS's API$", done.stdout, re.MULTILINE
    )
    skips = [skip for path in AWS.glob("*.yaml") for skip in skipped(path)]
    assert f"Skipped checks: {len(skips)}" in done.stdout  # none is left of what checkov no longer finds
    combined = {"alarms": 3}  # alarms that combine others, which moto cannot make
    assert {name: int(first) + int(second) + combined.get(name, 0) for name, first, second in made} == {
        name: len(read(AWS / f"{name}.yaml")["Resources"]) for name in ("registry", "service", "alarms")
    }


def test_every_skip_of_checkov_has_a_reason() -> None:
    for path in AWS.glob("*.yaml"):
        for skip in skipped(path):
            assert len(skip["comment"]) > 30, skip


def skipped(path: Path) -> Iterator[dict[str, str]]:
    for resource in read(path)["Resources"].values():
        yield from resource.get("Metadata", {}).get("checkov", {}).get("skip", ())
