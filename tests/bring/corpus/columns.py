"""Pipelines over columns of numbers and words: ColumnTransformer as the tutorials write it."""

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.bring.case import Case
from tests.bring.saving import joblib_as, pickle_as
from tests.bring.tables.amounts import bikes, houses, insurance, laptops, students
from tests.bring.tables.classes import churn, heart, income, loans, penguins, titanic
from tests.bring.tables.table import Table

_LR, _FOREST = LogisticRegression(max_iter=500), RandomForestClassifier(10, random_state=0)
_AMOUNTS = RandomForestRegressor(10, max_depth=15, random_state=3)
_BOOSTED, _BOOSTER = GradientBoostingRegressor(n_estimators=15), GradientBoostingClassifier(n_estimators=15)

_ENCODED, _SCALED = OneHotEncoder(handle_unknown="ignore"), StandardScaler()
_DENSE = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
_FILLED = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
_FREQUENT = SimpleImputer(strategy="most_frequent")
_WORDS = make_pipeline(_FREQUENT, _ENCODED)
_LOG = make_pipeline(SimpleImputer(), FunctionTransformer(np.log1p, feature_names_out="one-to-one"), StandardScaler())
_NUMBERS, _OBJECTS = make_column_selector(dtype_include=np.number), make_column_selector(dtype_include=object)

_TITANIC = ColumnTransformer([("num", _FILLED, ["Age", "Fare"]), ("cat", _WORDS, ["Embarked", "Sex", "Pclass"])])
_IN_A_ROW = make_pipeline(
    make_column_transformer((SimpleImputer(), ["Age"]), (_FREQUENT, ["Embarked"]), remainder="passthrough"),
    ColumnTransformer([("ohe", _DENSE, [1, 3])], remainder="passthrough"),  # of the columns of the step before
    ColumnTransformer([("scale", MinMaxScaler(), slice(0, 10))]),
    DecisionTreeClassifier(random_state=0),
)
_CHURN = make_column_transformer(
    (_SCALED, ["tenure", "MonthlyCharges"]), (_ENCODED, ["Contract", "PaymentMethod", "gender"])
)
_ORDINAL = make_column_transformer((OrdinalEncoder(), _OBJECTS), remainder="passthrough")
_SELECTED = make_column_transformer((_SCALED, _NUMBERS), (OneHotEncoder(drop="first"), _OBJECTS))
_SEARCH = GridSearchCV(make_pipeline(DictVectorizer(), _LR), {"logisticregression__C": [1, 2]}, cv=2)
_WORDS_ALONE = make_pipeline(DictVectorizer(), LinearRegression())
_CODES = Table(lambda rng, count: heart.draw(rng, count).astype({"cp": str, "sex": str}), heart.targets)
_GAPS = make_pipeline(DictVectorizer(sparse=False), SimpleImputer(), _FOREST)
_LAPTOPS = ColumnTransformer(
    [("col_tnf", OneHotEncoder(sparse_output=False, drop="first"), [0, 1, 6])], remainder="passthrough"
)
_INSURANCE = make_column_transformer((OneHotEncoder(), ["sex", "smoker", "region"]), remainder="passthrough")
_ALL = make_column_transformer((_FILLED, _NUMBERS), (_WORDS, _OBJECTS))
_AREAS = make_column_transformer(
    (_LOG, ["GrLivArea", "LotFrontage"]), (_WORDS, ["Neighborhood"]), remainder="passthrough"
)
_LEVELS = [["high school", "bachelor's degree", "master's degree"]]
_STUDENTS = ColumnTransformer(
    [
        ("OneHotEncoder", OneHotEncoder(), ["gender", "race/ethnicity", "lunch"]),
        ("ordinal", OrdinalEncoder(categories=_LEVELS), ["parental level of education"]),
        ("StandardScaler", StandardScaler(with_mean=False), ["reading score", 'writing "score"']),
    ]
)
_PENGUINS = make_pipeline(
    make_column_transformer(
        (_WORDS, ["island", "sex"]), (_FILLED, ["bill_length_mm", "flipper_length_mm", "body_mass_g"])
    ),
    _LR,
)
_ARRAYS = make_pipeline(
    make_column_transformer((_DENSE, ["island"]), (SimpleImputer(), ["body_mass_g"])).set_output(transform="pandas"),
    FunctionTransformer(np.asarray),
    _FOREST,
)
_BIKES = make_column_transformer((_ENCODED, ["weathersit", "season"]), remainder="passthrough")
_INCOME = make_column_transformer((_DENSE, _OBJECTS), remainder="passthrough")

CASES = (
    Case("titanic, logistic regression", titanic, Pipeline([("preprocessor", _TITANIC), ("classifier", _LR)])),
    Case("titanic, forest", titanic, make_pipeline(_TITANIC, _FOREST), save=pickle_as("titanic_pipeline.pkl")),
    Case("titanic, steps in a row", titanic, _IN_A_ROW, save=pickle_as("pipe.pkl")),
    Case("churn, logistic regression", churn, make_pipeline(_CHURN, _LR), save=joblib_as("churn_pipeline.joblib", 3)),
    Case("churn, boosting", churn, make_pipeline(_CHURN, _BOOSTER)),
    Case("churn, dictionaries", churn, make_pipeline(DictVectorizer(sparse=False), _LR), form="records"),
    Case("churn, a search over dictionaries", churn, _SEARCH, form="records"),
    Case("students, dictionaries of words alone", students, _WORDS_ALONE, form="records", columns=("gender", "lunch")),
    Case("heart, dictionaries of codes that are words", _CODES, make_pipeline(DictVectorizer(), _LR), form="records"),
    Case("titanic, dictionaries with gaps", titanic, _GAPS, form="records"),
    Case("churn, everything selected", churn, make_pipeline(_SELECTED, SVC())),
    Case("churn, all words to numbers", churn, make_pipeline(_ORDINAL, _FOREST)),
    Case(
        "laptops, forest", laptops, Pipeline([("step1", _LAPTOPS), ("step2", _AMOUNTS)]), save=pickle_as("pipe.pkl", 3)
    ),
    Case("laptops, neighbours", laptops, make_pipeline(_LAPTOPS, KNeighborsRegressor(3))),
    Case("laptops, boosting", laptops, make_pipeline(_LAPTOPS, _BOOSTED)),
    Case("insurance, linear regression", insurance, make_pipeline(_INSURANCE, LinearRegression())),
    Case(
        "insurance, boosting", insurance, make_pipeline(_INSURANCE, _BOOSTED), save=joblib_as("insurance_pipeline.pkl")
    ),
    Case("insurance, scaled forest", insurance, make_pipeline(_ALL, _AMOUNTS)),
    Case("houses, ridge", houses, make_pipeline(_ALL, Ridge()), columns=("GrLivArea", "LotFrontage", "Neighborhood")),
    Case("houses, boosting", houses, make_pipeline(_ALL, _BOOSTED), columns=("OverallQual", "LotFrontage")),
    Case("houses, logarithms", houses, make_pipeline(_AREAS, Ridge())),
    Case("loans, logistic regression", loans, make_pipeline(_ALL, _LR)),
    Case("loans, forest", loans, make_pipeline(_ALL, _FOREST), gaps=("Married", "ApplicantIncome")),
    Case("students, linear regression", students, make_pipeline(_STUDENTS, LinearRegression())),
    Case("penguins, logistic regression", penguins, _PENGUINS, save=pickle_as("penguins_clf.pkl")),
    Case("penguins, gaps without a sample of them", penguins, _PENGUINS, gaps=("island", "body_mass_g")),
    Case("penguins, arrays between the steps", penguins, _ARRAYS),
    Case("bikes, booleans passed through", bikes, make_pipeline(_BIKES, _AMOUNTS)),
    Case("income, padded words", income, make_pipeline(_SELECTED, _LR)),
    Case("income, Bayes of a dense table", income, make_pipeline(_INCOME, GaussianNB())),
)
