"""The horizontal autoscaler: computes the desired replicas at each sync from the pods that it sees.

The windows and policies follow `horizontal.go` of Kubernetes 1.36. A test compiles the Go code and holds the two equal.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtest.plan.replica_count import PodGroup, Tolerance, replica_count

SYNC_SECONDS = 15.0


@dataclass(frozen=True)
class Policy:
    """At most `value` pods, or percent of the pods, may come or go in `seconds`."""

    percent: bool
    value: int
    seconds: int


@dataclass(frozen=True)
class Rules:
    """One direction of an autoscaler's behaviour.

    Attributes:
        window: Seconds over which the most cautious recommendation counts.
        select: Which policy applies: "Max" (the largest change), "Min" or "Disabled".
    """

    window: int
    policies: tuple[Policy, ...]
    select: str = "Max"
    tolerance: float = 0.1

    @property
    def longest(self) -> int:
        return max(policy.seconds for policy in self.policies)


UP = Rules(0, (Policy(percent=False, value=4, seconds=15), Policy(percent=True, value=100, seconds=15)))
DOWN = Rules(300, (Policy(percent=True, value=100, seconds=15),))


@dataclass(frozen=True)
class Settings:
    """The spec of an autoscaler; `target` is percent of the CPU request."""

    target: int
    maximum: int
    minimum: int = 1
    up: Rules = UP
    down: Rules = DOWN


def from_spec(spec: Mapping[str, Any]) -> Settings:
    """Return the settings of a HorizontalPodAutoscaler's `spec`.

    Raises:
        ValueError: It does not scale by a share of the CPU request.
    """
    for metric in spec.get("metrics", ()):
        resource = metric.get("resource", {})
        target = resource.get("target", {}).get("averageUtilization")
        if resource.get("name") == "cpu" and target is not None:
            behavior = spec.get("behavior", {})
            up, down = _rules(behavior.get("scaleUp", {}), UP), _rules(behavior.get("scaleDown", {}), DOWN)
            return Settings(target, spec["maxReplicas"], spec.get("minReplicas", 1), up, down)
    raise ValueError("The autoscaler has no CPU utilisation as its metric, so its replicas cannot be predicted.")


def _rules(spec: Mapping[str, Any], default: Rules) -> Rules:
    policies = tuple(
        Policy(policy["type"] == "Percent", policy["value"], policy["periodSeconds"])
        for policy in spec.get("policies", ())
    )
    window = spec.get("stabilizationWindowSeconds", default.window)
    tolerance = float(spec.get("tolerance", default.tolerance))
    return Rules(window, policies or default.policies, spec.get("selectPolicy", "Max"), tolerance)


@dataclass
class Autoscaler:
    """One autoscaler with its memory of recommendations and changes, each with its time."""

    settings: Settings
    recommendations: list[tuple[float, int]] = field(default_factory=list)
    added: list[tuple[float, int]] = field(default_factory=list)
    removed: list[tuple[float, int]] = field(default_factory=list)

    def sync(self, now: float, current: int, groups: Iterable[PodGroup]) -> int:
        """Return the replicas that it asks for at `now`, and remember the change."""
        rules = self.settings
        if not self.recommendations:
            self.recommendations.append((now, current))
        if current > rules.maximum:
            desired = rules.maximum
        elif current < rules.minimum:
            desired = rules.minimum
        else:
            tolerance = Tolerance(rules.down.tolerance, rules.up.tolerance)
            wanted = replica_count(now, current, rules.target, groups, tolerance)
            if wanted is None:
                return current
            desired = self._limit(now, current, self._stabilize(now, current, wanted))
        if desired > current:
            _remember(self.added, now, desired - current, rules.up.longest)
        elif desired < current:
            _remember(self.removed, now, current - desired, rules.down.longest)
        return desired

    def _stabilize(self, now: float, current: int, wanted: int) -> int:
        """Return the replicas nearest to `current` that the recommendations of both windows allow."""
        up, down = self.settings.up.window, self.settings.down.window
        recent = [(t, count) for t, count in self.recommendations if t > now - max(up, down)]
        least = min((count for t, count in recent if t > now - up), default=wanted)
        most = max((count for t, count in recent if t > now - down), default=wanted)
        self.recommendations = [*recent, (now, wanted)]
        return min(max(current, min(least, wanted)), max(most, wanted))

    def _limit(self, now: float, current: int, desired: int) -> int:
        """Return `desired` within the policies and the bounds."""
        if desired > current:
            return min(desired, self.settings.maximum, max(current, self._highest(now, current)))
        if desired < current:
            return max(desired, self.settings.minimum, min(current, self._lowest(now, current)))
        return desired

    def _highest(self, now: float, current: int) -> int:
        def limit(before: int, policy: Policy) -> int:
            return math.ceil(before * (1 + policy.value / 100)) if policy.percent else before + policy.value

        rules = self.settings.up
        return self._select(now, current, rules, limit, min if rules.select == "Min" else max)

    def _lowest(self, now: float, current: int) -> int:
        def limit(before: int, policy: Policy) -> int:
            return int(before * (1 - policy.value / 100)) if policy.percent else before - policy.value

        rules = self.settings.down
        return self._select(now, current, rules, limit, max if rules.select == "Min" else min)

    def _select(
        self,
        now: float,
        current: int,
        rules: Rules,
        limit: Callable[[int, Policy], int],
        choose: Callable[[Iterable[int]], int],
    ) -> int:
        if rules.select == "Disabled":
            return current
        limits = []
        for policy in rules.policies:
            since = now - policy.seconds
            change = sum(n for t, n in self.added if t > since) - sum(n for t, n in self.removed if t > since)
            limits.append(limit(current - change, policy))
        return choose(limits)


def _remember(changes: list[tuple[float, int]], now: float, change: int, longest: int) -> None:
    """Add a change in the place of an outdated one if there is any, as Kubernetes does.

    The others stay: the policies of the other direction may look further back.
    """
    outdated = [place for place, (t, _) in enumerate(changes) if t < now - longest]
    if outdated:
        changes[outdated[-1]] = (now, change)
    else:
        changes.append((now, change))
