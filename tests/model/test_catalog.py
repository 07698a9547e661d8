"""Everything that names the models follows from the catalog."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from model import bundle, catalog
from model.catalog import SHIPPED, ShippedModel
from server.settings import from_environment

ROOT = Path(catalog.__file__).parents[1]
NAMES = [model.name for model in SHIPPED if model.by_default]


def test_every_name_is_used_once() -> None:
    assert len({model.name for model in SHIPPED}) == len(SHIPPED)
    assert len({model.training for model in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_every_bundle_is_what_its_entry_says(model: ShippedModel) -> None:
    task = bundle.load(ROOT / model.folder).task
    assert task.name == model.name
    assert (task.picture is not None) == (model.takes == "pictures")


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_every_module_has_what_the_command_line_calls(model: ShippedModel) -> None:
    trainer = importlib.import_module(model.trainer)
    assert callable(trainer.train)
    assert model.takes == "rows" or callable(trainer.test_set)
    assert all(callable(importlib.import_module(name).require) for name in model.data)


def test_the_server_serves_the_catalog_by_default() -> None:
    assert from_environment({}).models == tuple((model.name, model.folder) for model in SHIPPED if model.by_default)


def test_the_image_has_the_models_that_are_not_served_by_default() -> None:
    assert catalog.in_image() == tuple(model.name for model in SHIPPED)
    assert catalog.in_image("media_cost") == ("media_cost", *NAMES[1:])


def test_a_bundle_of_your_own_takes_the_place_of_the_first_model() -> None:
    assert catalog.served("mine") == ("mine", *NAMES[1:])
    assert catalog.served(NAMES[1]) == tuple(NAMES[1:])
    models = from_environment({"BUNDLE": "mine"}).models
    assert models == (("mine", Path("model/bundles/mine")), *((name, catalog.BUNDLES / name) for name in NAMES[1:]))
    assert from_environment({"BUNDLE": ""}).models == from_environment({}).models


@pytest.mark.parametrize("arguments", [(), ("mine",)])
def test_the_image_gets_the_names_from_the_command(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "model.catalog", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == list(catalog.in_image(*arguments))


def test_the_dockerfile_names_no_model() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "python -m model.catalog $BUNDLE" in dockerfile
    assert not [name for name in NAMES if name in dockerfile]
