"""Checks Beanstalk's options, which no tool knows, and what the registry keeps.

The table is from "General options for all environments" in the guide of Elastic Beanstalk, for the namespaces used.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from tests.scripts.aws.templates import AWS, Template, properties

Options = dict[tuple[str, str], Any]  # by namespace and name

BEANSTALK = "aws:elasticbeanstalk:"
DOCUMENTED = {
    "aws:autoscaling:asg": {"Availability Zones", "Cooldown", "Custom Availability Zones", "MaxSize", "MinSize"},
    "aws:autoscaling:launchconfiguration": {
        *("BlockDeviceMappings", "DisableIMDSv1", "EC2KeyName", "IamInstanceProfile", "ImageId", "InstanceType"),
        *("MonitoringInterval", "RootVolumeIOPS", "RootVolumeSize", "RootVolumeType", "SSHSourceRestriction"),
        "SecurityGroups",
    },
    "aws:autoscaling:trigger": {
        *(
            "BreachDuration",
            "EvaluationPeriods",
            "LowerBreachScaleIncrement",
            "LowerThreshold",
            "MeasureName",
            "Period",
        ),
        *("Statistic", "Unit", "UpperBreachScaleIncrement", "UpperThreshold"),
    },
    "aws:ec2:instances": {
        *("EnableSpot", "InstanceTypes", "SpotFleetOnDemandAboveBasePercentage", "SpotFleetOnDemandBase"),
        "SpotMaxPrice",
    },
    f"{BEANSTALK}application": {"Application Healthcheck URL"},
    f"{BEANSTALK}cloudwatch:logs": {"DeleteOnTerminate", "RetentionInDays", "StreamLogs"},
    f"{BEANSTALK}command": {"BatchSize", "BatchSizeType", "DeploymentPolicy", "IgnoreHealthCheck", "Timeout"},
    f"{BEANSTALK}environment": {"EnvironmentType", "LoadBalancerType", "ServiceRole"},
    f"{BEANSTALK}environment:process:default": {
        *("DeregistrationDelay", "HealthCheckInterval", "HealthCheckPath", "HealthCheckTimeout"),
        *("HealthyThresholdCount", "MatcherHTTPCode", "Port", "Protocol", "StickinessEnabled"),
        *("StickinessLBCookieDuration", "StickinessType", "UnhealthyThresholdCount"),
    },
    f"{BEANSTALK}healthreporting:system": {"ConfigDocument", "HealthCheckSuccessThreshold", "SystemType"},
    f"{BEANSTALK}managedactions": {"ManagedActionsEnabled", "PreferredStartTime", "ServiceRoleForManagedUpdates"},
    f"{BEANSTALK}managedactions:platformupdate": {"InstanceRefreshEnabled", "UpdateLevel"},
}
FILE = AWS / "beanstalk_files" / ".ebextensions" / "server.config"
OPTIONS: dict[str, dict[str, str]] = yaml.safe_load(FILE.read_text())["option_settings"]


def wrong_beanstalk(template: Template) -> Iterator[str]:
    """Yield a sentence for each thing that beanstalk.yaml has wrong."""
    always, balanced = settings(template)
    yield from unknown(always | balanced)
    if ("aws:autoscaling:asg", "MaxSize") in always or balanced.get(("aws:autoscaling:asg", "MaxSize")) != {
        "Ref": "MaxInstances"
    }:
        yield "MaxInstances is not the number of instances behind a load balancer"
    if template["Parameters"]["MaxInstances"]["Default"] != 2:
        yield "there are not one or two instances behind a load balancer"
    if balanced.get((f"{BEANSTALK}environment", "LoadBalancerType")) != "application":
        yield "the load balancer is not one of HTTP"
    if set(map(type, [*always.values(), *balanced.values()])) - {str, dict}:
        yield "a value is no string"


def settings(template: Template) -> tuple[Options, Options]:
    """Return the environment's options: those there always are, and those behind a load balancer."""
    always: Options = {}
    balanced: Options = {}
    for setting in properties(template, "Environment")["OptionSettings"]:
        option = setting["Fn::If"][1] if "Fn::If" in setting else setting
        into = balanced if "Fn::If" in setting else always
        into[option["Namespace"], option["OptionName"]] = option["Value"]
    return always, balanced


def unknown(options: Options) -> Iterator[str]:
    """Yield a sentence for each option that Beanstalk does not document."""
    for namespace, name in options:
        if name not in DOCUMENTED.get(namespace, ()):
            yield f"Beanstalk has no option {name} in {namespace}"


def wrong_registry(template: Template) -> Iterator[str]:
    """Yield a sentence for each thing that registry.yaml has wrong."""
    repository = properties(template, "Repository")
    (rule,) = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    kept = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}
    if rule["selection"] != kept or rule["action"] != {"type": "expire"}:
        yield "more than the last ten images are kept"
    if repository["ImageScanningConfiguration"] != {"ScanOnPush": True}:
        yield "images are not scanned"
    if repository["ImageTagMutability"] != "IMMUTABLE":
        yield "a tag may come to mean another image"
