"""Tells the answers of the stable version from those of the canary, by the Deployments of the pods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from loadtest.canary.observed import Version
from loadtest.canary.send import Answer
from loadtest.format import listed
from loadtest.users.models import CannotRunError

PLAIN = "ml-serving-deployment"  # of k8s/deployment.yaml


class Deployments(NamedTuple):
    """The names of the two Deployments."""

    stable: str
    canary: str

    @property
    def of_kserve(self) -> bool:
        return self.stable != PLAIN


def deployments(answers: Sequence[Answer], name: str) -> Deployments:
    """Return the Deployments that answered. Raises CannotRunError unless they are a stable one and a canary."""
    found = {answer.deployment for answer in answers if answer.deployment}
    stable = found & {PLAIN, f"{name}-predictor"}
    if len(stable) != 1 or len(found) != 2:  # noqa: PLR2004 (a stable one and a canary)
        by = listed(sorted(found)) if found else "nobody"
        raise CannotRunError(f"A stable version and a canary of {name} should answer, but {by} did.")
    return Deployments(*stable, *(found - stable))


def version(answers: Sequence[Answer], deployment: str) -> Version:
    """Return what one Deployment answered."""
    own = [answer for answer in answers if answer.deployment == deployment]
    right = [answer for answer in own if answer.text is not None]
    latencies = np.array([1000 * answer.seconds for answer in right])
    return Version(len(own) - len(right), latencies, {answer.question: answer.text or "" for answer in right})
