"""The costs in docs/aws.md add up, and their units are those of the templates."""

import re

from tests.conftest import ROOT
from tests.scripts.aws.templates import AWS, of_type, read

HOURS = 730
DASHBOARD = "AWS::CloudWatch::Dashboard"
TABLE = re.search(r"^\| a unit costs \|.*?\n\n", (ROOT / "docs" / "aws.md").read_text(), re.MULTILINE | re.DOTALL)
assert TABLE
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE[0].strip().splitlines()[2:]]
*PRICES, TOTAL = ROWS
SERVICE, ALARMS = (read(AWS / f"{name}.yaml") for name in ("service", "alarms"))


def units(what: str) -> list[float]:
    """Return how many units of something each of the three ways takes."""
    (row,) = (row for row in PRICES if what in row[0])
    return [float(cell.replace(",", "") or 0) for cell in row[2:]]


def test_the_totals_are_the_sums_of_units_and_prices() -> None:
    for column, total in enumerate(TOTAL[2:], 2):
        costs = [float(row[0].split(",")[0].lstrip("$")) * float(row[column].replace(",", "") or 0) for row in PRICES]
        assert total == f"**${sum(costs):.2f}**"


def test_every_price_has_a_source_and_a_date() -> None:
    for row in PRICES:
        assert "](https://" in row[1] or "the same" in row[1]
        assert re.search(r"20\d\d$", row[1])


def test_the_units_are_those_of_the_templates() -> None:
    smallest = {name: SERVICE["Parameters"][name]["Default"] for name in ("Cpu", "Memory", "MinTasks")}
    assert smallest["MinTasks"] == 1
    assert units("vCPU")[0] == HOURS * smallest["Cpu"] / 1024
    assert units("memory")[0] == HOURS * smallest["Memory"] / 1024
    instance = read(AWS / "beanstalk.yaml")["Parameters"]["InstanceType"]["Default"]
    assert units(instance) == [0, HOURS, HOURS]
    always = [each for each in ALARMS["Resources"].values() if each["Type"] == DASHBOARD and "Condition" not in each]
    assert units("dashboard")[0] == len(always)


def test_the_alarms_are_those_of_the_templates_and_two_for_each_rule_of_scaling() -> None:
    own = sum(
        sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1
        for alarm in of_type(ALARMS, "AWS::CloudWatch::Alarm").values()
    )
    scaling = 2 * len(of_type(SERVICE, "AWS::ApplicationAutoScaling::ScalingPolicy"))
    assert units("alarm") == [own + scaling, 0, 2]
