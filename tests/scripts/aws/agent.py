"""What CloudWatch's agent next to the server is told: what it scrapes, and which metrics CloudWatch makes of that."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from prometheus_client import Metric

from loadtest.plan import capacity
from tests.conftest import ROOT
from tests.scripts.aws.templates import (
    Template,
    conditional_variables,
    container,
    properties,
    substituted,
    variables,
)

# What is used here of the schema in the agent's repository, translator/config/schema.json. It allows no unknown keys in
# `logs`, `prometheus`, `emf_processor` and declarations. A list has any number of its one element.
DECLARATION = {
    "source_labels": [str],
    "label_matcher": str,
    "label_separator": str,
    "metric_selectors": [str],
    "dimensions": [[str]],
}
PROMETHEUS = {
    "cluster_name": str,
    "log_group_name": str,
    "prometheus_config_path": str,
    "emf_processor": {"metric_namespace": str, "metric_declaration_dedup": bool, "metric_declaration": [DECLARATION]},
}
SHAPE = {"agent": {"region": str}, "logs": {"metrics_collected": {"prometheus": PROMETHEUS}}}
TYPES = {"counter", "gauge", "summary"}  # The agent drops others: "Prometheus metric type conversion" in its guide.
ACTIONS = {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}


def scraping(template: Template) -> dict[str, Any]:
    """Return the configuration of Prometheus that the agent gets."""
    found: dict[str, Any] = yaml.safe_load(variables(template, "agent")["PROMETHEUS_CONFIG_CONTENT"])
    return found


def declared(template: Template) -> dict[tuple[str, str], set[frozenset[str]]]:
    """Return the sets of dimensions under which CloudWatch gets each metric, by namespace and name."""
    processor = _prometheus(template)["emf_processor"]
    return {
        (processor["metric_namespace"], selector.strip("^$")): set(map(frozenset, declaration["dimensions"]))
        for declaration in processor["metric_declaration"]
        for selector in declaration["metric_selectors"]
    }


def wrong_agent(template: Template) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong about the agent."""
    settings = substituted(variables(template, "agent")["CW_CONFIG_CONTENT"])
    if unknown := list(_unknown(settings, SHAPE, "")):
        yield f"the agent does not know {', '.join(unknown)}"
        return
    yield from _wrong_container(template)
    prometheus = _prometheus(template)
    if prometheus["prometheus_config_path"] != "env:PROMETHEUS_CONFIG_CONTENT":
        yield "the agent does not find what to scrape"
    if prometheus["log_group_name"] != "MetricsLog" or "RetentionInDays" not in properties(template, "MetricsLog"):
        yield "the metrics go to a log that is kept for ever"
    (statement,) = properties(template, "MetricsPolicy")["PolicyDocument"]["Statement"]
    if set(statement["Action"]) != ACTIONS or statement["Resource"] != {"Fn::GetAtt": ["MetricsLog", "Arn"]}:
        yield "the agent may do more or less than write its log"


def _wrong_container(template: Template) -> Iterator[str]:
    server, agent = container(template), container(template, "agent")
    smallest = template["Parameters"]
    used = capacity.read(ROOT / "docs" / "capacity.json").memory_mib
    if template["Parameters"]["ModelMetrics"]["Default"] != "off":
        yield "it costs something that nobody asked for"
    if agent["Essential"]:
        yield "the service ends with the agent"
    if agent["Memory"] + used > min(smallest["Memory"]["AllowedValues"]):
        yield "server and agent do not fit into the smallest task"
    if agent["Cpu"] + server["Cpu"] > min(smallest["Cpu"]["AllowedValues"]):
        yield "server and agent get more CPU than the smallest task has"
    port = conditional_variables(template, "HasMetrics").get("METRICS_PORT")
    (job,) = scraping(template)["scrape_configs"]
    if job["static_configs"] != [{"targets": [f"127.0.0.1:{port}"]}]:
        yield "the agent does not scrape the server"
    open_ports = {each["ToPort"] for each in properties(template, "TaskGroup")["SecurityGroupIngress"]}
    if open_ports != {each["ContainerPort"] for each in server["PortMappings"]} or int(port or 0) in open_ports:
        yield "the metrics can be read from outside"


def wrong_series(template: Template, families: Iterable[Metric]) -> Iterator[str]:
    """Yield a sentence for each metric of a server that the agent drops, or that is not declared, and the reverse."""
    known, namespace = declared(template), _prometheus(template)["emf_processor"]["metric_namespace"]
    declarations, seen = _prometheus(template)["emf_processor"]["metric_declaration"], set()
    (job,) = scraping(template)["scrape_configs"]
    for kind, name, labels in kept(template, families):
        seen.add(name)
        chosen = [
            each
            for each in declarations
            if any(re.search(selector, name) for selector in each["metric_selectors"])
            and re.search(each["label_matcher"], job["job_name"])
            and any(set(labels) >= set(dimensions) for dimensions in each["dimensions"])
        ]
        if kind not in TYPES:
            yield f"the agent drops {name}, a {kind}"
        elif len(chosen) != 1:
            yield f"{len(chosen)} declarations make a metric of {name} by {sorted(labels)}"
    for name in {name for space, name in known if space == namespace} - seen:
        yield f"{name} is declared, and not scraped"


def kept(template: Template, families: Iterable[Metric]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield type, name and labels of each series that the relabelling keeps."""
    (job,) = scraping(template)["scrape_configs"]
    (rule,) = job["metric_relabel_configs"]
    for family in families:
        for sample in family.samples:
            labels = {"__name__": sample.name, **sample.labels}
            if re.fullmatch(rule["regex"], ";".join(labels.get(label, "") for label in rule["source_labels"])):
                yield family.type, sample.name, sample.labels


def _prometheus(template: Template) -> dict[str, Any]:
    settings = substituted(variables(template, "agent")["CW_CONFIG_CONTENT"])
    found: dict[str, Any] = settings["logs"]["metrics_collected"]["prometheus"]
    return found


def _unknown(value: Any, shape: Any, where: str) -> Iterator[str]:
    """Yield where a value differs from a shape."""
    if isinstance(shape, dict) and isinstance(value, dict):
        for key, each in value.items():
            yield from _unknown(each, shape.get(key), f"{where}/{key}")
    elif isinstance(shape, list) and isinstance(value, list):
        for each in value:
            yield from _unknown(each, shape[0], where)
    elif not isinstance(shape, type) or not isinstance(value, shape):
        yield where
