"""The whole command, against our own server and against some that misbehave."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.served import ROOT

pytestmark = pytest.mark.slow
EASY = ("--seconds", "20", "--accuracy", "0.9")  # a test machine may be busy, and any sound model is this good


NO_DATA = os.environ | {"MLSERVING_DATA": str(Path(__file__).parent)}  # a folder without any data set


def digits(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "loadtest", "digits", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT, env=NO_DATA)


def test_command_prints_time_accuracy_and_distribution(our_server: str, tmp_path: Path) -> None:
    done = digits("-n", "250", "--plot", "--host", our_server, "--output", str(tmp_path), *EASY)
    assert done.returncode == 0, done.stdout + done.stderr
    output = done.stdout
    assert output.startswith(f"250 handwritten digits in 3 requests of up to 100, 5 at a time, json, to {our_server}\n")
    assert re.search(r"held +All 250 answered within +20 s +\d\.\d{3} s +.+ predictions per second", output)
    assert re.search(r"held +Accuracy, at least +90 % +\S+ % +2\d\d of 250, 95 % interval \S+ to \S+ %", output)
    assert re.search(r"held +Lost, at most +0 +0\n", output)
    assert re.search(r"Slowest request +\d\.\d{3} s +images \d+ to \d+\n", output)
    assert "no more than chance explains" in output
    predicted, training = (re.search(rf"{name}, % +(.*)", output) for name in ("predicted", "in training"))
    assert predicted
    assert training
    for shares in (predicted, training):
        assert sum(map(float, shares[1].split())) == pytest.approx(100, abs=0.5)
    assert float(training[1].split()[1]) == pytest.approx(11.3, abs=0.2), "a ninth of the training labels are ones"
    *_, verdict, picture = output.splitlines()
    assert verdict == "PASSED: All objectives held."
    assert Path(picture) == next(tmp_path.glob("*/digits.png"))
    with Image.open(picture) as image:
        assert image.format == "PNG"


def test_both_protocols_give_the_same_predictions(our_server: str) -> None:
    found = [
        digits("-n", "500", "--protocol", protocol, "--host", our_server, *EASY).stdout for protocol in ("json", "v2")
    ]
    figures = [re.findall(r"(\d+ of 500, .*|predicted, %.*)", output) for output in found]
    assert figures[0] == figures[1]
    assert len(figures[0]) == 2


def test_missed_objective_is_exit_status_1(our_server: str) -> None:
    done = digits("-n", "100", "--host", our_server, "--seconds", "0.000001", "--accuracy", "0.9")
    assert done.returncode == 1
    assert "MISSED  All 100 answered within" in done.stdout
    assert done.stdout.endswith("NOT PASSED: 1 of 3 objectives missed.\n")


def test_guesses_miss_the_accuracy(serve: Callable[..., str]) -> None:
    done = digits("-n", "100", "--host", serve(), *EASY)
    assert done.returncode == 1
    assert "MISSED  Accuracy, at least" in done.stdout


def test_refused_batches_are_lost_and_shown(serve: Callable[..., str]) -> None:
    done = digits("-n", "100", "--batch", "60", "--host", serve("--refuse"), *EASY)
    assert done.returncode == 1
    assert "The server is busy: try again in a second." in done.stdout
    assert "(100)" in done.stdout
    assert done.stdout.endswith("NOT PASSED: 3 of 3 objectives missed.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--host", "http://127.0.0.1:9"], "Nothing answers at http://127.0.0.1:9"),
        (["-n", "0"], "'0' is not a whole number from 1"),
        (["--batch", "ten"], "'ten' is not a whole number from 1"),
    ],
)
def test_invalid_arguments_are_exit_status_2_with_a_reason(words: list[str], sentence: str) -> None:
    done = digits(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_more_images_than_there_are_is_refused(our_server: str) -> None:
    done = digits("-n", "10001", "--host", our_server)
    assert done.returncode == 2
    assert "at most 10000, not 10001" in done.stderr


def test_full_set_that_cannot_be_read_is_one_sentence(serve: Callable[..., str]) -> None:
    done = digits("-n", "1001", "--host", serve())
    assert done.returncode == 2
    assert "Reading the full MNIST set" in done.stdout
    assert "mnist/" in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_server_without_the_model_is_refused(serve: Callable[..., str]) -> None:
    host = serve("--tabular")
    done = digits("--host", host)
    assert (done.returncode, done.stderr) == (2, f"{host} serves no model digits.\n")
