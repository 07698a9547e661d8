import operator
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from model.__main__ import main
from model.bring.trust import untrusted


def test_types_of_scikit_learn_and_below_need_no_word() -> None:
    assert (
        untrusted(["sklearn.tree._tree.Tree", "numpy.dtype", "scipy.sparse._csr.csr_matrix", "builtins.object"], [])
        == []
    )


def test_other_types_are_named_once_and_in_order() -> None:
    assert untrusted(["shop.Rounder", "posix.system", "shop.Rounder"], []) == ["posix.system", "shop.Rounder"]


def test_a_trusted_module_covers_its_types_but_no_module_that_only_begins_alike() -> None:
    assert untrusted(["shop.steps.Rounder", "shopping.Cart", "sklearnex.Tree"], ["shop"]) == [
        "shopping.Cart",
        "sklearnex.Tree",
    ]


def test_a_model_with_a_foreign_function_is_bundled_only_if_it_is_trusted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = pd.DataFrame({"width": range(20)}, dtype=float)
    joblib.dump(make_pipeline(FunctionTransformer(operator.neg), Ridge()).fit(rows, rows["width"]), tmp_path / "m.pkl")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    command = ["bundle", str(tmp_path / "m.pkl"), "--name", "mine", "--data", str(tmp_path / "rows.csv")]
    command += ["--output", str(tmp_path / "mine")]
    assert main(command) == 1
    assert "--trust _operator" in capsys.readouterr().err
    assert main([*command, "--trust", "_operator"]) == 0
    assert "_operator.neg" in capsys.readouterr().out
