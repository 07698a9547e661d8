from pathlib import Path

import pytest

import model
from model import bundle
from model.number import Number
from model.task import Task

TASK = bundle.load(Path(model.__file__).parent / "bundles" / "media_cost").task


@pytest.mark.parametrize(("name", "decimals"), [("", 2), ("warnings", 2), ("cost", -1), ("cost", 10)])
def test_an_unusable_number_is_refused(name: str, decimals: int) -> None:
    with pytest.raises(ValueError, match="number"):
        Number(name, decimals)


def test_a_task_keeps_its_number_as_json() -> None:
    assert Task.from_dict(TASK.to_dict()) == TASK
    with pytest.raises(ValueError, match="unknown key 'digits'"):
        Task.from_dict(TASK.to_dict() | {"number": {"name": "cost", "decimals": 2, "digits": 3}})


def test_a_task_of_several_numbers_names_them_by_targets_alone() -> None:
    with pytest.raises(ValueError, match="not a regression of one"):
        Task.from_dict(TASK.to_dict() | {"targets": ["cost", "gain"]})
