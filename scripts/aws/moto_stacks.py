"""Create the stacks in moto, an imitation of AWS, and count what is there afterwards. Run by scripts/aws/check.

moto's CloudFormation leaves out resources of types that it does not know, and says so only in its log. Those in COUNT
are created by the call of AWS's API that takes the same properties, and counted by another; no other may be missing,
apart from alarms that combine others, and beanstalk.yaml: moto cannot make any.
"""

import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from template import read

HERE = Path(__file__).parent
REGION = "eu-central-1"
ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"  # of the latter moto has none at all
TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"
SUBSCRIPTION = "AWS::SNS::Subscription"


class MissingError(Exception):
    """moto has less than the template says."""


def main() -> int:
    os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION}
    warnings.simplefilter("ignore")  # moto's own, on each resource that it leaves out, as in its log
    logging.disable(logging.WARNING)
    with mock_aws():
        subnets = boto3.client("ec2").describe_subnets()["Subnets"]
        certificate = boto3.client("acm").request_certificate(DomainName="example.org")
        create("registry", {})
        create(
            "service",
            {
                "ImageUri": "mlserving:1",
                "VpcId": subnets[0]["VpcId"],
                "SubnetIds": ",".join(subnet["SubnetId"] for subnet in subnets),
                "CertificateArn": certificate["CertificateArn"],
                "ModelBucket": "models",
                "ModelName": "my_model",
                "ModelPath": "s3://models/my_model",
                "ModelMetrics": "on",
            },
        )
        outputs = {name: name for name in ("Balancer", "Targets", "Cluster", "Service")}
        create("alarms", {**outputs, "Email": "someone@example.org", "ModelMetrics": "on"})
    return 0


def create(name: str, parameters: dict[str, str]) -> None:
    """Create a stack and what moto leaves out of it. Raises MissingError."""
    path = HERE / f"{name}.yaml"
    template = read(path)
    cloudformation = boto3.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    cloudformation.create_stack(
        StackName=name, TemplateBody=path.read_text(), Parameters=given, Capabilities=["CAPABILITY_IAM"]
    )
    summaries = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    made = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in summaries if each["LogicalResourceId"]}
    resources = template["Resources"]
    missing = {key: value for key, value in resources.items() if key not in made and value["Type"] != COMPOSITE}
    if unknown := {key for key, value in missing.items() if value["Type"] not in COUNT}:
        raise MissingError(f"moto did not create these resources of {path.name}: {', '.join(sorted(unknown))}")
    values = {key: value.get("Default", key) for key, value in template.get("Parameters", {}).items()}
    kinds = [value["Type"] for value in missing.values()]
    before = {kind: COUNT[kind]() for kind in kinds}  # moto has made alarms of the scaling policies by itself
    for key, value in missing.items():
        call(value["Type"], key, resolve(value["Properties"], values | parameters | made))
    for kind, number in before.items():
        if COUNT[kind]() - number != kinds.count(kind):
            raise MissingError(f"{path.name} has {kinds.count(kind)} of {kind}, but {COUNT[kind]() - number} came.")
    print(f"{path.name}: {len(made)} resources by CloudFormation, {len(missing)} by AWS's API")


def resolve(value: Any, parameters: dict[str, Any]) -> Any:
    """Return a value with what it refers to in place; a resource stands for itself by its name."""
    match value:
        case {"Ref": str(name)}:
            return parameters.get(name, name)
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "").replace("}", "")
        case dict():
            return {key: resolve(each, parameters) for key, each in value.items()}
        case list():
            return [resolve(each, parameters) for each in value]
    return value


def call(kind: str, name: str, properties: dict[str, Any]) -> None:
    """Create a resource of a type that moto's CloudFormation does not know. botocore checks names and types."""
    match kind:
        case "AWS::CloudWatch::Alarm":
            boto3.client("cloudwatch").put_metric_alarm(AlarmName=name, **properties)
        case "AWS::ApplicationAutoScaling::ScalableTarget":
            boto3.client("application-autoscaling").register_scalable_target(**properties | service())
        case "AWS::ApplicationAutoScaling::ScalingPolicy":
            del properties["ScalingTargetId"]  # CloudFormation's word for what follows
            target = service() | {"ScalableDimension": "ecs:service:DesiredCount"}
            boto3.client("application-autoscaling").put_scaling_policy(**target, **properties)
        case "AWS::SNS::Subscription":
            boto3.client("sns").subscribe(**properties)


def service() -> dict[str, str]:
    ecs = boto3.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (found,) = ecs.list_services(cluster=cluster)["serviceArns"]
    return {"ServiceNamespace": "ecs", "ResourceId": "service/" + found.partition(":service/")[2]}


def count(client: str, call: str, key: str, **arguments: Any) -> Callable[[], int]:
    return lambda: len(getattr(boto3.client(client), call)(**arguments)[key])


COUNT = {
    ALARM: count("cloudwatch", "describe_alarms", "MetricAlarms", AlarmTypes=["MetricAlarm"]),
    TARGET: count("application-autoscaling", "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs"),
    POLICY: count("application-autoscaling", "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs"),
    SUBSCRIPTION: count("sns", "list_subscriptions", "Subscriptions"),
}

if __name__ == "__main__":
    sys.exit(main())
