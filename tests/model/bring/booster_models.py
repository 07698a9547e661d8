"""Fits models of xgboost, lightgbm, catboost and imbalanced-learn, and bundles each by the command.

It runs in an environment that has their packages: python -m tests.model.bring.booster_models FOLDER
"""

import contextlib
import json
import pickle
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_sampled
from imblearn.under_sampling import RandomUnderSampler
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from model.__main__ import main

Data = tuple[pd.DataFrame, "pd.Series[Any]"]

RANDOM = np.random.default_rng(0)


def _named(loaded: Any) -> Data:
    """Return a table whose target are the names of the classes."""
    return loaded.data, loaded.target.map(dict(enumerate(map(str, loaded.target_names))))


def _with_gaps(data: Data) -> Data:
    return data[0].mask(RANDOM.random(data[0].shape) < 0.1), data[1]


def _customers() -> Data:
    count = 600
    rows = pd.DataFrame(
        {
            "age": RANDOM.integers(18, 90, count),
            "income": RANDOM.normal(30_000, 10_000, count).round(2),
            "city": RANDOM.choice(["Ulm", "Köln", "New York"], count),
        }
    )
    score = rows["age"] / 90 + rows["income"] / 60_000 + (rows["city"] == "Ulm") + RANDOM.normal(0, 0.2, count)
    return rows, (score > score.median()).astype(int)


def _counts() -> Data:
    rows = pd.DataFrame(RANDOM.random((600, 4)).round(3), columns=list("abcd"))
    return rows, pd.Series(RANDOM.poisson(np.exp(2 * rows["a"] + rows["b"])), name="count")


CANCER = load_breast_cancer(as_frame=True)
WINE = load_wine(as_frame=True)
DIABETES = load_diabetes(as_frame=True, scaled=False)
BINARY, MULTI, NUMBERS = ((each.data, each.target) for each in (CANCER, WINE, DIABETES))
COUNTS, CUSTOMERS = _counts(), _customers()
CATEGORIES = CUSTOMERS[0].astype({"city": "category"}), CUSTOMERS[1]
WORDS, KINDS = _named(CANCER), _named(WINE)
RARE = BINARY[0][BINARY[1].eq(1) | (BINARY[0].index % 5 == 0)], BINARY[1][BINARY[1].eq(1) | (BINARY[0].index % 5 == 0)]


def _encoded(model: Any) -> Any:
    encoder = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(ColumnTransformer([("city", encoder, ["city"])], remainder=StandardScaler()), model)


def _xgb(**options: Any) -> Any:
    return xgboost.XGBClassifier(n_estimators=60, **options)


def _xgb_number(**options: Any) -> Any:
    return xgboost.XGBRegressor(n_estimators=60, **options)


def _lgbm(**options: Any) -> Any:
    return lightgbm.LGBMClassifier(n_estimators=60, verbose=-1, **options)


def _lgbm_number(**options: Any) -> Any:
    return lightgbm.LGBMRegressor(n_estimators=60, verbose=-1, **options)


def _cat(**options: Any) -> Any:
    return catboost.CatBoostClassifier(iterations=60, verbose=False, allow_writing_files=False, **options)


def _cat_number(**options: Any) -> Any:
    return catboost.CatBoostRegressor(iterations=60, verbose=False, allow_writing_files=False, **options)


CASES: dict[str, tuple[Callable[[], Any], Data]] = {
    "xgboost_binary": (_xgb, BINARY),
    "xgboost_multi": (_xgb, MULTI),
    "xgboost_number": (_xgb_number, NUMBERS),
    "xgboost_gaps": (_xgb, _with_gaps(BINARY)),
    "xgboost_marker_for_gaps": (lambda: _xgb_number(missing=0.0), NUMBERS),
    "xgboost_encoded": (lambda: _encoded(_xgb()), CUSTOMERS),
    "xgboost_scaled": (lambda: make_pipeline(StandardScaler(), _xgb_number()), NUMBERS),
    "xgboost_early": (lambda: _xgb(early_stopping_rounds=3, learning_rate=0.6), MULTI),
    "xgboost_poisson": (lambda: _xgb_number(objective="count:poisson"), COUNTS),
    "xgboost_gamma": (lambda: _xgb_number(objective="reg:gamma"), NUMBERS),
    "xgboost_tweedie": (lambda: _xgb_number(objective="reg:tweedie"), COUNTS),
    "xgboost_quantile": (lambda: _xgb_number(objective="reg:quantileerror", quantile_alpha=0.9), NUMBERS),
    "xgboost_logistic": (lambda: _xgb_number(objective="reg:logistic"), BINARY),
    "xgboost_hinge": (lambda: _xgb(objective="binary:hinge"), BINARY),
    "xgboost_base_score": (lambda: _xgb(base_score=0.2), BINARY),
    "xgboost_dart": (lambda: _xgb(booster="dart", rate_drop=0.3), BINARY),
    "xgboost_forest": (lambda: xgboost.XGBRFClassifier(n_estimators=30), MULTI),
    "xgboost_forest_number": (lambda: xgboost.XGBRFRegressor(n_estimators=30), NUMBERS),
    "xgboost_voting": (
        lambda: VotingClassifier([("xgb", _xgb()), ("lgbm", _lgbm()), ("cat", _cat())], voting="soft"),
        BINARY,
    ),
    "xgboost_stacking": (lambda: StackingClassifier([("xgb", _xgb()), ("lgbm", _lgbm())], LogisticRegression()), MULTI),
    "xgboost_calibrated": (lambda: CalibratedClassifierCV(_xgb(), cv=3), BINARY),
    "xgboost_search": (lambda: GridSearchCV(_xgb(), {"max_depth": [2, 3]}, cv=2), MULTI),
    "lightgbm_binary": (_lgbm, BINARY),
    "lightgbm_words": (_lgbm, WORDS),
    "lightgbm_multi": (_lgbm, KINDS),
    "lightgbm_number": (_lgbm_number, NUMBERS),
    "lightgbm_gaps": (_lgbm, _with_gaps(KINDS)),
    "lightgbm_zero_is_gap": (lambda: _lgbm_number(zero_as_missing=True), NUMBERS),
    "lightgbm_encoded": (lambda: _encoded(_lgbm()), CUSTOMERS),
    "lightgbm_scaled": (lambda: make_pipeline(StandardScaler(), _lgbm_number()), NUMBERS),
    "lightgbm_early": (lambda: _lgbm(early_stopping_rounds=3, learning_rate=0.6), MULTI),
    "lightgbm_poisson": (lambda: _lgbm_number(objective="poisson"), COUNTS),
    "lightgbm_tweedie": (lambda: _lgbm_number(objective="tweedie"), COUNTS),
    "lightgbm_quantile": (lambda: _lgbm_number(objective="quantile", alpha=0.9), NUMBERS),
    "lightgbm_square_root": (lambda: _lgbm_number(reg_sqrt=True), NUMBERS),
    "lightgbm_one_against_all": (lambda: _lgbm(objective="multiclassova"), MULTI),
    "lightgbm_dart": (lambda: _lgbm(boosting_type="dart"), BINARY),
    "lightgbm_forest": (
        lambda: _lgbm(boosting_type="rf", subsample=0.7, subsample_freq=1),
        BINARY,
    ),
    "lightgbm_calibrated": (lambda: CalibratedClassifierCV(_lgbm(), cv=3), WORDS),
    "lightgbm_search": (lambda: GridSearchCV(_lgbm(), {"num_leaves": [7, 15]}, cv=2), MULTI),
    "catboost_binary": (_cat, BINARY),
    "catboost_words": (_cat, WORDS),
    "catboost_multi": (_cat, KINDS),
    "catboost_number": (_cat_number, NUMBERS),
    "catboost_gaps": (lambda: _cat(nan_mode="Max"), _with_gaps(BINARY)),
    "catboost_gaps_low": (_cat_number, _with_gaps(NUMBERS)),
    "catboost_encoded": (lambda: _encoded(_cat()), CUSTOMERS),
    "catboost_scaled": (lambda: make_pipeline(StandardScaler(), _cat_number()), NUMBERS),
    "catboost_poisson": (lambda: _cat_number(loss_function="Poisson"), COUNTS),
    "catboost_leafwise": (lambda: _cat(grow_policy="Lossguide"), MULTI),
    "catboost_one_against_all": (lambda: _cat(loss_function="MultiClassOneVsAll"), MULTI),
    "imblearn_linear": (lambda: make_sampled(StandardScaler(), SMOTE(), LogisticRegression()), RARE),
    "imblearn_forest": (lambda: make_sampled(RandomUnderSampler(), RandomForestClassifier(20)), RARE),
    "imblearn_xgboost": (lambda: make_sampled(StandardScaler(), SMOTE(), _xgb()), RARE),
    "imblearn_search": (
        lambda: GridSearchCV(make_sampled(SMOTE(), _lgbm()), {"lgbmclassifier__num_leaves": [7, 15]}, cv=2),
        RARE,
    ),
    "imblearn_balanced_forest": (lambda: BalancedRandomForestClassifier(20), RARE),
    "imblearn_balanced_bagging": (lambda: BalancedBaggingClassifier(n_estimators=5), RARE),
    # What ONNX has no form for:
    "xgboost_categories": (lambda: _xgb(enable_categorical=True, max_cat_to_onehot=1), CATEGORIES),
    "xgboost_linear": (lambda: _xgb(booster="gblinear"), BINARY),
    "lightgbm_categories": (_lgbm, CATEGORIES),
    "lightgbm_linear_leaves": (lambda: _lgbm(linear_tree=True), BINARY),
    "catboost_categories": (lambda: _cat(cat_features=["city"]), CATEGORIES),
}


def prepare(folder: Path, untrained: Callable[[], Any], data: Data) -> None:
    """Fit on two thirds of the rows, bundle, and keep the others with the predictions of the model for them."""
    folder.mkdir(parents=True)
    rows, target = data
    new = np.arange(len(rows)) % 3 == 0
    stops_early = {"eval_set": [(rows[new], target[new])]} if folder.name.endswith("early") else {}
    model = untrained().fit(rows[~new], target[~new], **stops_early)
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    rows[~new].to_csv(folder / "rows.csv", index=False)
    expected = {"predictions": np.ravel(model.predict(rows[new])).tolist()}
    if hasattr(model, "predict_proba"):
        expected["probabilities"] = model.predict_proba(rows[new]).tolist()
    (folder / "expected.json").write_text(json.dumps(expected))
    rows[new].to_json(folder / "new.json", orient="records", double_precision=15)
    command = ["bundle", str(folder / "model.pkl"), "--name", "mine", "--data", str(folder / "rows.csv")]
    with (
        (folder / "output.txt").open("w") as output,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        main([*command, "--output", str(folder / "bundle")])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name in sys.argv[2:] or CASES:
        prepare(Path(sys.argv[1]) / name, *CASES[name])
