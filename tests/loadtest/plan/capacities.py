"""A capacity whose figures are known: a pod with 200m whose requests cost half a millisecond each."""

import numpy as np

from loadtest.plan.capacity import Capacity, Step

LIMIT, REST, COST = 200, 4.0, 0.5
SATURATION = (LIMIT - REST) / COST  # 392 requests/s


def step(offered: float, *, late_ms: float = 1.0) -> Step:
    answered = min(offered, SATURATION)
    p99 = 3.0 if offered < SATURATION else 900.0
    return Step(offered, answered, offered - answered, 1.5, 2.0, p99, REST + COST * answered, late_ms)


CAPACITY = Capacity(
    model="breast_model",
    digest="ab" * 32,
    image="sha256:" + "0f" * 32,
    limit=LIMIT,
    request=200,
    rest=REST,
    cost_ms=COST,
    cost_cv2=0.5,
    idle_ms=tuple(float(ms) for ms in np.linspace(1.0, 3.0, 99)),
    objective_ms=250.0,
    rate_within_objective=300.0,
    queue_begins=250.0,
    highest_rate=SATURATION,
    start_s=5.0,
    stop_s=12.0,
    memory_mib=120.0,
    machine={"name": "node", "cpu": "2"},
    steps=tuple(step(rate) for rate in (5.0, 50.0, 100.0, 200.0, 300.0, 400.0)),
)
