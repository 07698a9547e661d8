"""Write the autoscaler of a plan as YAML, and the command that sets its pods' resources."""

from typing import Any

import yaml

from loadtest.plan.autoscaler import Rules
from loadtest.plan.requirement import Plan

DEPLOYMENT = "ml-serving-deployment"


def manifest(plan: Plan, name: str) -> str:
    settings = plan.settings
    target = {"type": "Utilization", "averageUtilization": settings.target}
    content = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "ml-serving"}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": DEPLOYMENT},
            "minReplicas": settings.minimum,
            "maxReplicas": settings.maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            "behavior": {"scaleUp": _rules(settings.up), "scaleDown": _rules(settings.down)},
        },
    }
    text: str = yaml.safe_dump(content, sort_keys=False)
    return f"# For a CPU request of {plan.request}m.\n{text}"


def _rules(rules: Rules) -> dict[str, Any]:
    policies = [
        {"type": "Percent" if policy.percent else "Pods", "value": policy.value, "periodSeconds": policy.seconds}
        for policy in rules.policies
    ]
    return {"stabilizationWindowSeconds": rules.window, "policies": policies}


def resources(plan: Plan, limit: int) -> str:
    """Return the command that gives the pods the plan's request."""
    return f"kubectl set resources deployment/{DEPLOYMENT} --requests cpu={plan.request}m --limits cpu={limit}m"
