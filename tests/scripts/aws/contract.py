"""What the templates must agree on with the server and with each other, and no tool of AWS's can know."""

import math
import re
from collections.abc import Iterator
from functools import cache

from loadtest.plan import capacity, requirement
from loadtest.plan.requirement import Demand
from server.route import READINESS
from server.settings import from_environment
from tests.conftest import ROOT
from tests.scripts.aws.agent import wrong_agent
from tests.scripts.aws.metrics import wrong_metrics
from tests.scripts.aws.templates import Template, attributes, container, of_type, properties, variables

RULES = (ROOT / "k8s" / "monitoring" / "rules.yaml").read_text()
OBJECTIVE_MS = 250  # of docs/monitoring.md, for 99 % of the predictions
RESERVE = 5  # seconds that are left when the server has stopped


def wrong_service(template: Template) -> Iterator[str]:
    """Yield a sentence for each thing that service.yaml has wrong."""
    yield from _wrong_server(template)
    yield from _wrong_rollout(template)
    yield from _wrong_scaling(template)
    yield from wrong_agent(template)


def _wrong_server(template: Template) -> Iterator[str]:
    settings = from_environment(variables(template))
    balancer = attributes(properties(template, "LoadBalancer"), "LoadBalancerAttributes")
    server = container(template)
    if settings.drain_seconds < 20:
        yield "the server closes its port while the load balancer still sends requests"
    if server["StopTimeout"] < settings.drain_seconds + settings.grace_seconds + RESERVE:
        yield "ECS kills the server before it has stopped"
    if settings.idle_seconds <= int(balancer["idle_timeout.timeout_seconds"]):
        yield "the server closes connections that the load balancer keeps"
    if f"USER {server['User']}" not in (ROOT / "Dockerfile").read_text():
        yield "the server has another user than in the image"
    if server["ReadonlyRootFilesystem"] is not True:
        yield "the server may write to the image's files"


def _wrong_rollout(template: Template) -> Iterator[str]:
    targets, service = properties(template, "TargetGroup"), properties(template, "Service")
    port = container(template)["PortMappings"][0]["ContainerPort"]
    if {targets["Port"], from_environment({}).port, service["LoadBalancers"][0]["ContainerPort"]} != {port}:
        yield "the ports differ"
    if targets["HealthCheckPath"] not in READINESS:
        yield "the health check does not ask whether the server is ready"
    if service["DeploymentConfiguration"]["MinimumHealthyPercent"] < 100:
        yield "an update stops the only task before another one is ready"
    if service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] != {"Enable": True, "Rollback": True}:
        yield "a version that does not start is not taken back"
    if "DesiredCount" in service:
        yield "an update resets the number of tasks"


def _wrong_scaling(template: Template) -> Iterator[str]:
    targets = {
        each["PredefinedMetricSpecification"]["PredefinedMetricType"]: each["TargetValue"]
        for policy in of_type(template, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
        for each in [policy["TargetTrackingScalingPolicyConfiguration"]]
    }
    if set(targets) != {"ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization"}:
        yield "it does not scale on requests and on CPU"
        return
    if targets["ALBRequestCountPerTarget"] != {"Ref": "RequestsPerTask"}:
        yield "RequestsPerTask has no effect"
    planned = requests_per_task(targets["ECSServiceAverageCPUUtilization"])
    if template["Parameters"]["RequestsPerTask"]["Default"] != planned:
        yield f"RequestsPerTask is not the planner's {planned}"


@cache
def requests_per_task(utilisation: int) -> int:
    """Return so many per cent of the requests that the planner lets one pod answer in a minute, in whole hundreds."""
    measured = capacity.read(ROOT / "docs" / "capacity.json")
    one_pod = requirement.plan(measured, Demand(rate=1, p99_ms=OBJECTIVE_MS, peak=1, step=60, connections=1)).per_pod
    return math.floor(60 * one_pod.middle * utilisation / 100 / 100) * 100


def wrong_alarms(template: Template) -> Iterator[str]:
    """Yield a sentence for each thing that alarms.yaml has wrong."""
    yield from wrong_metrics(template)
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    composites = of_type(template, "AWS::CloudWatch::CompositeAlarm")
    budgets = {name: alarm for name, alarm in alarms.items() if "Metrics" in alarm}
    for name, alarm in budgets.items():
        if alarm["TreatMissingData"] != "notBreaching":
            yield f"{name} goes off when nobody asks anything"
        if len({each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each}) != 1:
            yield f"{name} compares requests of different times"
    for name, alarm in (alarms | composites).items():
        if name not in budgets and alarm.get("AlarmActions") != [{"Ref": "Topic"}]:
            yield f"{name} tells nobody"
    factors = set()
    for name, composite in composites.items():
        short, long = (budgets[each] for each in re.findall(r"\{(\w+)\}", composite["AlarmRule"]["Fn::Sub"]))
        if short["Threshold"] != long["Threshold"] or _period(short) >= _period(long):
            yield f"{name} does not need a short and a long window of one threshold"
        factors.add((_window(short), _window(long), round(short["Threshold"] / 0.1, 3)))
    rules = _rules()
    if factors != {rule for rule in rules if rule[1] != "3d"}:
        yield f"the windows and factors {sorted(factors)} are not those of Prometheus' rules {sorted(rules)}"


def _period(alarm: dict[str, list[dict[str, dict[str, int]]]]) -> int:
    return next(each["MetricStat"]["Period"] for each in alarm["Metrics"] if "MetricStat" in each)


def _window(alarm: dict[str, list[dict[str, dict[str, int]]]]) -> str:
    names = {300: "5m", 1800: "30m", 3600: "1h", 7200: "2h", 21600: "6h", 86400: "1d"}
    return names[_period(alarm)]


def _rules() -> set[tuple[str, str, float]]:
    """Return the short and the long window of each rule on errors, and how many times too fast the budget burns."""
    pattern = (
        r"errors:increase\{window=\"(\w+)\"\} / mlserving:predictions:increase\{window=\"\w+\"\} > ([\d.]+) \* 0.001"
    )
    found = re.findall(pattern, RULES)
    return {(short, long, float(factor)) for (long, factor), (short, _) in zip(found[::2], found[1::2], strict=True)}
