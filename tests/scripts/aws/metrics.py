"""Checks each metric of the alarms and the dashboards against those that AWS documents, and those that the agent sends.

The table is from "CloudWatch metrics for your Application Load Balancer" in the guide of Elastic Load Balancing, and
from "Amazon ECS CloudWatch metrics" in the guide of ECS, without the dimension AvailabilityZone, which nothing here
uses.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.scripts.aws.agent import declared
from tests.scripts.aws.templates import AWS, Template, of_type, read, widgets

ALB, ECS = "AWS/ApplicationELB", "AWS/ECS"
BALANCER, TARGETS = frozenset({"LoadBalancer"}), frozenset({"LoadBalancer", "TargetGroup"})
SERVICE = frozenset({"ClusterName", "ServiceName"})

# The sets of dimensions under which each metric exists.
DOCUMENTED = {
    (ALB, "RequestCount"): {BALANCER, TARGETS},
    (ALB, "TargetResponseTime"): {BALANCER, TARGETS},
    (ALB, "HTTPCode_Target_4XX_Count"): {BALANCER, TARGETS},
    (ALB, "HTTPCode_Target_5XX_Count"): {BALANCER, TARGETS},
    (ALB, "HTTPCode_ELB_4XX_Count"): {BALANCER},
    (ALB, "HTTPCode_ELB_5XX_Count"): {BALANCER},
    (ALB, "HealthyHostCount"): {TARGETS},
    (ALB, "UnHealthyHostCount"): {TARGETS},
    (ECS, "CPUUtilization"): {SERVICE, frozenset({"ClusterName"})},
    (ECS, "MemoryUtilization"): {SERVICE, frozenset({"ClusterName"})},
} | declared(read(AWS / "service.yaml"))
# All metrics of a name with certain dimensions, whatever the values of these.
SEARCH = re.compile(r"""SEARCH\('\{(\w+),([\w,]+)\} MetricName="(\w+)"', '(\w+)', 300\)""")
# The statistics that mean something. Each request is one datum of a count, so that their mean is always 1.
COUNTS, TIMES, GAUGES = {"Sum"}, {"Average", "p50", "p90", "p99"}, {"Average", "Minimum", "Maximum"}


class Use(NamedTuple):
    """A metric where it is used."""

    where: str
    namespace: str
    metric: str
    dimensions: frozenset[str]
    statistic: str


def uses(template: Template) -> Iterator[Use]:
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        if "MetricName" in alarm:
            yield _use(name, alarm, alarm.get("Statistic") or alarm["ExtendedStatistic"])
        for each in alarm.get("Metrics", ()):
            if "MetricStat" in each:
                yield _use(name, each["MetricStat"]["Metric"], each["MetricStat"]["Stat"])
    for widget in widgets(template):
        for namespace, metric, *rest in map(_searched, widget["metrics"]):
            options = rest.pop() if isinstance(rest[-1], dict) else {}
            statistic = options.get("stat") or widget["stat"]
            yield Use(widget["title"], namespace, metric, frozenset(rest[::2]), statistic)


def wrong_metrics(template: Template) -> list[str]:
    """Return a sentence for each use of a metric that AWS does not have in that form."""
    wrong = []
    for use in uses(template):
        known = DOCUMENTED.get((use.namespace, use.metric))
        if known is None:
            wrong.append(f"{use.where}: {use.namespace} has no metric {use.metric}")
        elif use.dimensions not in known:
            wrong.append(f"{use.where}: {use.metric} does not exist by {sorted(use.dimensions)}")
        elif use.statistic not in _statistics(use.metric):
            wrong.append(f"{use.where}: the {use.statistic} of {use.metric} says nothing")
    return wrong


def _use(where: str, metric: dict[str, object], statistic: str) -> Use:
    dimensions = metric["Dimensions"]
    assert isinstance(dimensions, list)
    names = frozenset(each["Name"] for each in dimensions)
    return Use(where, str(metric["Namespace"]), str(metric["MetricName"]), names, statistic)


def _searched(metric: list[Any]) -> list[Any]:
    """Return a metric of a widget; of a search, the first that it may find."""
    match metric:
        case [{"expression": str(expression)}]:
            found = SEARCH.fullmatch(expression)
            assert found, expression
            namespace, dimensions, name, statistic = found.groups()
            pairs = [word for dimension in dimensions.split(",") for word in (dimension, "any")]
            return [namespace, name, *pairs, {"stat": statistic}]
    return metric


def _statistics(metric: str) -> set[str]:
    if metric == "TargetResponseTime":
        return TIMES
    return COUNTS if metric == "RequestCount" or metric.startswith("HTTPCode") or metric.endswith("_total") else GAUGES
