"""`python -m model isvc` against a real S3 server."""

import subprocess
from pathlib import Path

import pytest

from model import catalog
from tests.conftest import ROOT
from tests.model.test_bundle import saved
from tests.model.test_bundle_transfer import pushed, run
from tests.object_store import ObjectStore

pytestmark = pytest.mark.slow


def isvc(store: ObjectStore, name: str, uri: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return run(store, "isvc", name, "--uri", uri, **changed)


def test_bundle_that_was_pushed_gets_an_inference_service(store: ObjectStore, tmp_path: Path) -> None:
    place, digest = pushed(store, saved(tmp_path / "made").folder, "s3://models/served")
    done = isvc(store, "mine", place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"# python -m model isvc mine --uri {place}\napiVersion: serving.kserve.io/v1beta1\n")
    assert f'{{name: MODEL_DIGEST, value: "{digest}"}}' in done.stdout


def test_committed_inference_services_are_what_the_command_prints(store: ObjectStore) -> None:
    for model in catalog.SHIPPED:
        assert run(store, "push", model.folder, f"s3://models/{model.name}", "--exact").returncode == 0
        name = model.name.replace("_", "-")
        done = isvc(store, name, f"s3://models/{model.name}")
        assert done.stdout == (ROOT / "k8s" / "kserve" / f"shipped-{name}.yaml").read_text()


def test_without_credentials_the_command_says_what_it_did_not_check(store: ObjectStore) -> None:
    command = run(store, "isvc", "mine", "--uri", "s3://models/nowhere", under=["env", "-u", "AWS_ACCESS_KEY_ID"])
    assert command.returncode == 0
    assert command.stderr.count("\n") == 1
    assert "was not checked" in command.stderr


def test_unknown_bundle_or_another_digest_prints_one_sentence_and_nothing_else(
    store: ObjectStore, tmp_path: Path
) -> None:
    made = saved(tmp_path / "made")
    other = f"s3://models/other/{'0' * 64}"
    assert run(store, "push", made.folder, other, "--exact").returncode == 0
    for name, uri, sentence in (
        ("mine", "s3://models/unknown", "There is no model bundle at s3://models/unknown"),
        ("mine", "s3://nowhere/mine", "There is no bucket 'nowhere'"),
        ("mine", other, f"has another digest, {made.digest}"),
        ("Mine", "s3://models/unknown", "cannot name an InferenceService"),
        ("mine", "models/unknown", "must look like s3://bucket/folder"),
    ):
        done = isvc(store, name, uri)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert sentence in done.stderr
