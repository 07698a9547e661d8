"""Users who ask for predictions and check every answer.

By itself, with Locust's own web page or headless:

    locust -f loadtest/locustfile.py --host http://$(minikube ip):30001

`rows.csv` beside this file holds real rows of the Wisconsin data with their right labels, taken far from the
boundary (big nuclei with deep concavities, and small ones with shallow), so that any sound model gets them right and
a wrong label is a wrong answer, not a hard case. `tests/loadtest/test_rows.py` chooses them again and compares.
"""

import csv
import json
import random
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, task
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS

FEATURES = ("concavity_mean", "concave_points_mean", "perimeter_se", "area_se", "texture_worst", "area_worst")
PREDICTION = {"B": 0, "M": 1}
BATCH = 8
RENEW_EVERY = 50


def read_rows(path: Path) -> list[tuple[dict[str, float], str]]:
    """(the six inputs, the right label) of each row."""
    with path.open(newline="") as file:
        return [({name: float(row[name]) for name in FEATURES}, row["label"]) for row in csv.DictReader(file)]


ROWS = read_rows(Path(__file__).with_name("rows.csv"))


def fault_in(answer: Any, label: str) -> str | None:
    """What is wrong with one answer to a row whose label is known; None when it is right."""
    if not isinstance(answer, dict):
        return "an answer is not an object"
    if answer.get("label") != label:
        return f"label {answer.get('label')!r:.20} for a row that is {label!r}"
    prediction = answer.get("prediction")
    if prediction != PREDICTION[label] or isinstance(prediction, bool):
        return f"prediction {prediction!r:.20} does not go with label {label!r}"
    probability = answer.get("probability")
    if not isinstance(probability, float | int) or isinstance(probability, bool) or not 0 <= probability <= 1:
        return f"probability {probability!r:.20} is not between 0 and 1"
    return None


class Clinic(FastHttpUser):
    """Asks about five times a second over a connection that is kept, and renewed now and then."""

    requests_per_second = 5
    # Together less than the --stop-timeout: a user who is killed while asking leaves no trace of the question.
    network_timeout = 4.0
    connection_timeout = 4.0

    def on_start(self) -> None:
        self._due = time.perf_counter()
        self._renew_in = random.randint(1, RENEW_EVERY)  # noqa: S311  users must not all renew at once

    def wait_time(self) -> float:
        """Seconds to the next request: evenly paced at 5 a second, jittered so that users fall out of step.

        A late answer delays the next request but is not made up for: a stalled server is not met with a burst.
        """
        now = time.perf_counter()
        self._due = max(now, self._due + random.uniform(0.5, 1.5) / self.requests_per_second)  # noqa: S311
        return self._due - now

    @task(19)
    def predict(self) -> None:
        row, label = random.choice(ROWS)  # noqa: S311
        self._ask("/predict", row, [label], lambda body: [body])

    @task(1)
    def predict_batch(self) -> None:
        rows = random.sample(ROWS, BATCH)
        instances = {"instances": [row for row, _ in rows]}
        self._ask("/predict/batch", instances, [label for _, label in rows], lambda body: body["predictions"])

    def _ask(self, path: str, payload: dict[str, Any], labels: list[str], answers: Any) -> None:
        # kube-proxy chooses a pod for a connection, not for a request: who never reconnects never meets a new pod.
        self._renew_in -= 1
        headers = {}
        if self._renew_in <= 0:
            headers["Connection"] = "close"
            self._renew_in = random.randint(RENEW_EVERY // 2, RENEW_EVERY * 3 // 2)  # noqa: S311
        post = self.client.post(path, json=payload, headers=headers, catch_response=True, allow_redirects=False)
        with post as response:
            if response.status_code == 0:
                return  # Locust has the reason why there is no answer
            fault = self._fault(response, labels, answers)
            if fault:
                response.failure(fault)

    @staticmethod
    def _fault(response: Any, labels: list[str], answers: Any) -> str | None:
        if response.status_code != 200:  # noqa: PLR2004
            return f"status {response.status_code}"
        try:
            found = answers(json.loads(response.text))
        except (*FAILURE_EXCEPTIONS, ValueError, KeyError, TypeError):
            return "wrong answer: the body is not what was asked for"
        if not isinstance(found, list) or len(found) != len(labels):
            return f"wrong answer: not {len(labels)} predictions"
        fault = next((fault for fault in map(fault_in, found, labels) if fault), None)
        return f"wrong answer: {fault}" if fault else None
