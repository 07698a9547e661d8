"""`python -m loadtest canary` on two real servers, and on answers as two Deployments give them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from loadtest.canary.command import command_for, lost
from loadtest.canary.judge import Decision
from loadtest.canary.questions import drawn
from loadtest.canary.send import Answer, predicted
from loadtest.canary.versions import Deployments, deployments, version
from loadtest.users.models import CannotRunError
from model.bundle_write import save
from tests.conftest import ROOT
from tests.loadtest.canary.splitter import splitter
from tests.served import free_port, serving
from tests.server import bundles

PLAIN = Deployments("ml-serving-deployment", "ml-serving-canary")


@contextmanager
def service(folder: Path, labels: Sequence[str], names: Sequence[str] = PLAIN) -> Iterator[str]:
    """Serve the model "mine" by a pod of each Deployment behind one address; the second one has these labels."""
    made = bundles.sign(folder / "stable")
    save(folder / "canary", replace(made.task, labels=tuple(labels)), None, made.onnx, {}, {})
    with ExitStack() as stack:
        ports = []
        for deployment, bundle in zip(names, ("stable", "canary"), strict=True):
            ports.append(free_port())
            environment = {
                "MODEL_NAME": "mine",
                "MODEL_PATH": str(folder / bundle),
                "POD_NAME": f"{deployment}-6d5f7c9b8-abcde",
                "PORT": str(ports[-1]),
            }
            stack.enter_context(serving(environment, folder / f"{bundle}.log"))
        yield f"http://127.0.0.1:{stack.enter_context(splitter(ports))}"


def run(host: str, folder: Path, name: str = "mine") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loadtest", "canary", name, "--minutes", "0.1", "--host", host]
    return subprocess.run(
        [*command, "--output", str(folder / "reports")], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_an_equal_canary_cannot_be_told_after_a_few_seconds(tmp_path: Path) -> None:
    with service(tmp_path, ("low", "high")) as host:
        done = run(host, tmp_path)
    assert done.returncode == Decision.CANNOT_TELL, done.stdout + done.stderr
    assert "0 of 120 requests failed, stable 0 of 120" in done.stdout
    *_, advice, _, command = done.stdout.splitlines()
    assert advice == "Run it again for longer (--minutes), or end the canary:"
    assert command == "  kubectl delete -f k8s/canary && kubectl apply -f k8s/hpa.yaml"
    (chart,) = (tmp_path / "reports").rglob("canary.png")
    assert str(chart) in done.stdout
    assert chart.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_canary_that_answers_otherwise_is_rolled_back(tmp_path: Path) -> None:
    with service(tmp_path, ("high", "low"), ("mine-predictor", "mine-next-predictor")) as host:
        done = run(host, tmp_path)
        assert run(host, tmp_path, "other").returncode == Decision.CANNOT_TELL
    assert done.returncode == Decision.ROLL_BACK, done.stdout + done.stderr
    assert "Roll the canary back  answers" in done.stdout
    assert "kubectl patch inferenceservice mine --type json" in done.stdout


def test_nobody_answers_at_the_host(tmp_path: Path) -> None:
    done = run(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def answer(deployment: str, text: str | None = "M", question: int = 0) -> Answer:
    return Answer(question, 0.0, deployment, 0.004, text)


def test_answers_are_told_apart_by_the_deployments_of_their_pods() -> None:
    answers = [answer(PLAIN.canary, "B"), answer(PLAIN.stable), answer(PLAIN.canary, None), answer("")]
    names = deployments(answers, "mine")
    assert names == PLAIN
    canary = version(answers, names.canary)
    assert (canary.failed, canary.sent, canary.answers) == (1, 2, {0: "B"})
    assert canary.latencies.tolist() == [4.0]
    assert lost(answers).decision is Decision.CANNOT_TELL
    assert lost(answers[:-1]).decision is Decision.PROMOTE


@pytest.mark.parametrize(
    ("found", "by"),
    [
        ((), "nobody"),
        (PLAIN[:1], PLAIN.stable),
        (PLAIN[1:], PLAIN.canary),
        (("other-predictor", "other-next-predictor"), "other-next-predictor and other-predictor"),
        ((*PLAIN, "mine-predictor"), "mine-predictor, ml-serving-canary and ml-serving-deployment"),
    ],
)
def test_without_a_stable_version_and_a_canary_there_is_nothing_to_judge(found: tuple[str, ...], by: str) -> None:
    with pytest.raises(CannotRunError) as caught:
        deployments([answer(name) for name in found], "mine")
    assert f"but {by} did" in str(caught.value)


# Instead of kubectl: `get` prints a model as jsonpath does, and `patch` the patch.
KUBECTL = """
kubectl() {
  case $1 in
    get) printf '%s' '{"storageUri":"s3://models/next","modelFormat":{"name":"mlserving"}}' ;;
    patch) for word; do :; done; printf '%s\\n' "$word" ;;
    *) printf '%s\\n' "$*" ;;
  esac
}
"""


def lines(decision: Decision, names: Deployments) -> list[str]:
    """Return what the printed command does."""
    command = command_for(decision, names, "mine")
    done = subprocess.run(["bash", "-ec", KUBECTL + command], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_commands_promote_or_roll_back() -> None:
    model = {"storageUri": "s3://models/next", "modelFormat": {"name": "mlserving"}}
    patch, *rest = lines(Decision.PROMOTE, PLAIN)
    assert json.loads(patch) == {"data": model}
    assert rest[0] == "rollout restart deployment/ml-serving-deployment"
    assert rest[-2:] == lines(Decision.ROLL_BACK, PLAIN) == ["delete -f k8s/canary", "apply -f k8s/hpa.yaml"]


def test_kserves_canary_takes_the_place_of_the_stable_model_or_is_removed() -> None:
    kserve = Deployments("mine-predictor", "mine-next-predictor")
    model = {"storageUri": "s3://models/next", "modelFormat": {"name": "mlserving"}}
    removal = {"op": "remove", "path": "/spec/canary"}
    (promotion,) = lines(Decision.PROMOTE, kserve)
    assert json.loads(promotion) == [{"op": "replace", "path": "/spec/predictor/model", "value": model}, removal]
    (back,) = lines(Decision.ROLL_BACK, kserve)
    assert json.loads(back) == [removal]
    assert lines(Decision.CANNOT_TELL, kserve) == [back]


def test_what_was_predicted_has_no_probabilities() -> None:
    assert predicted({"label": "M", "prediction": 1, "probability": 0.9}) == "M"
    assert predicted({"prediction": 1.5}) == "1.5"
    assert predicted({"cost": 83.44}) == "{'cost': 83.44}"


def test_rows_are_drawn_within_what_the_model_has_seen() -> None:
    def feature(name: str, **known: object) -> dict[str, object]:
        empty = {"categories": [], "codes": [], "boolean": False, "minimum": None, "maximum": None}
        return empty | {"name": name, "datatype": "FP32"} | known

    inputs = [
        feature("x", minimum=-1.0, maximum=2.0),
        feature("count", minimum=1, maximum=3, datatype="INT64"),
        feature("colour", categories=["blue", "red"]),
        feature("member", boolean=True, minimum=0, maximum=1),
        feature("note"),
    ]
    random = Random(1)  # noqa: S311
    rows = [drawn(inputs, {"note": "new here"}, random) for _ in range(50)]
    assert all(-1 <= row["x"] <= 2 and row["note"] == "new here" for row in rows)
    assert {row["count"] for row in rows} == {1, 2, 3}
    assert {row["colour"] for row in rows} == {"blue", "red"}
    assert {row["member"] for row in rows} == {True, False}
