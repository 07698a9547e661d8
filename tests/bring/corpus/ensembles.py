"""Ensembles of scikit-learn and searches, alone and behind other steps."""

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.bring.case import Case
from tests.bring.saving import joblib_as, pickle_as
from tests.bring.tables.amounts import bikes, insurance, wine_quality
from tests.bring.tables.classes import churn, credit, heart, pima
from tests.bring.tables.shipped import breast_cancer, diabetes, iris, wine

_FOREST = RandomForestClassifier(10, random_state=0)
_TREE = DecisionTreeClassifier(max_depth=4, random_state=0)
_THREE = [("lr", LogisticRegression(max_iter=500)), ("dt", _TREE), ("knn", KNeighborsClassifier())]
_CHURN = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["Contract", "gender"]), (StandardScaler(), ["tenure", "MonthlyCharges"])
)
_DICTIONARIES = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=500))
_REGRESSORS = [("rf", RandomForestRegressor(5, random_state=0)), ("ridge", Ridge())]

CASES = (
    Case("iris, forest", iris, _FOREST, save=pickle_as("random_forest_model.pkl")),
    Case("heart, forest of an array", heart, _FOREST, form="array", save=joblib_as("model.pkl", ("zlib", 3))),
    Case("wine, extra trees", wine, ExtraTreesClassifier(10, random_state=0)),
    Case("wine quality, extra trees", wine_quality, ExtraTreesRegressor(10, random_state=0)),
    Case("credit, boosting", credit, GradientBoostingClassifier(n_estimators=15, random_state=0)),
    Case(
        "credit, boosting behind a scaler",
        credit,
        make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=15, random_state=0)),
    ),
    Case("diabetes, boosting", diabetes, GradientBoostingRegressor(n_estimators=15, random_state=0)),
    Case("credit, histograms", credit, HistGradientBoostingClassifier(max_iter=15)),
    Case(
        "diabetes, histograms behind a scaler",
        diabetes,
        make_pipeline(StandardScaler(), HistGradientBoostingRegressor(max_iter=15)),
    ),
    Case(
        "bikes, histograms", bikes, HistGradientBoostingRegressor(max_iter=15), columns=("season", "hr", "temp", "hum")
    ),
    Case("pima, AdaBoost", pima, AdaBoostClassifier(n_estimators=10, random_state=0)),
    Case(
        "pima, AdaBoost behind a scaler",
        pima,
        make_pipeline(StandardScaler(), AdaBoostClassifier(_TREE, n_estimators=5, random_state=0)),
    ),
    Case("diabetes, AdaBoost", diabetes, AdaBoostRegressor(n_estimators=10, random_state=0)),
    Case("pima, bagging", pima, BaggingClassifier(_TREE, n_estimators=5, random_state=0)),
    Case(
        "pima, bagged pipelines",
        pima,
        BaggingClassifier(make_pipeline(StandardScaler(), _TREE), n_estimators=5, max_features=0.8, random_state=0),
    ),
    Case(
        "diabetes, bagging",
        diabetes,
        make_pipeline(
            StandardScaler(), BaggingRegressor(DecisionTreeRegressor(max_depth=5), n_estimators=5, random_state=0)
        ),
    ),
    Case("breast cancer, soft voting", breast_cancer, VotingClassifier(_THREE, voting="soft")),
    Case(
        "breast cancer, hard voting",
        breast_cancer,
        make_pipeline(StandardScaler(), VotingClassifier([*_THREE[:2], ("svc", SVC())])),
    ),
    Case(
        "heart, weighted voting",
        heart,
        make_pipeline(StandardScaler(), VotingClassifier(_THREE, voting="soft", weights=[2, 1, 1])),
    ),
    Case("diabetes, voting", diabetes, make_pipeline(StandardScaler(), VotingRegressor(_REGRESSORS))),
    Case("iris, stacking", iris, StackingClassifier(_THREE, LogisticRegression(), cv=2)),
    Case(
        "insurance, stacking over columns",
        insurance,
        make_pipeline(
            make_column_transformer((OneHotEncoder(), ["smoker"]), (StandardScaler(), ["age", "bmi"])),
            StackingRegressor(_REGRESSORS, LinearRegression(), cv=2),
        ),
    ),
    Case("pima, calibrated", pima, CalibratedClassifierCV(make_pipeline(StandardScaler(), LinearSVC()), cv=2)),
    Case("pima, calibrated isotonic", pima, CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2)),
    Case("churn, calibrated over columns", churn, CalibratedClassifierCV(make_pipeline(_CHURN, _FOREST), cv=2)),
    Case("iris, grid search", iris, GridSearchCV(SVC(), {"C": [1, 10]}, cv=2), save=joblib_as("best_model.joblib")),
    Case(
        "churn, grid search over columns",
        churn,
        GridSearchCV(make_pipeline(_CHURN, _FOREST), {"randomforestclassifier__max_depth": [2, 3]}, cv=2),
        save=pickle_as("grid_search.pkl"),
    ),
    Case(
        "credit, random search",
        credit,
        RandomizedSearchCV(
            make_pipeline(StandardScaler(), _TREE),
            {"decisiontreeclassifier__max_depth": [2, 3]},
            n_iter=2,
            cv=2,
            random_state=0,
        ),
    ),
    Case(
        "diabetes, grid search",
        diabetes,
        GridSearchCV(GradientBoostingRegressor(n_estimators=10, random_state=0), {"max_depth": [2, 3]}, cv=2),
    ),
    Case(
        "churn, a search that chose no scaler",
        churn,
        GridSearchCV(
            Pipeline([("scaler", "passthrough"), ("columns", _CHURN), ("rf", _FOREST)]), {"rf__max_depth": [2, 3]}, cv=2
        ),
    ),
    Case("churn, calibrated over dictionaries", churn, CalibratedClassifierCV(_DICTIONARIES, cv=2), form="records"),
    Case(
        "churn, voting over dictionaries",
        churn,
        VotingClassifier([("a", _DICTIONARIES), ("b", _DICTIONARIES)]),
        form="records",
    ),
    Case("wine, one against the rest", wine, OneVsRestClassifier(LogisticRegression(max_iter=500))),
    Case("wine, one against one", wine, make_pipeline(StandardScaler(), OneVsOneClassifier(LinearSVC()))),
    Case("pima, tuned threshold", pima, TunedThresholdClassifierCV(LogisticRegression(max_iter=500), cv=2)),
    Case(
        "pima, fixed threshold",
        pima,
        FixedThresholdClassifier(make_pipeline(StandardScaler(), LogisticRegression()), threshold=0.3),
    ),
)
