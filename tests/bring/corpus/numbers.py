"""Pipelines over numbers: a scaler, a projection or a choice of columns, then an estimator."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, FastICA, KernelPCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, VarianceThreshold, f_classif, f_regression
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from tests.bring.case import Case
from tests.bring.saving import joblib_as, pickle_as
from tests.bring.tables.amounts import wine_quality
from tests.bring.tables.classes import credit, crops, heart, pima
from tests.bring.tables.shipped import breast_cancer, diabetes, iris, wine

_BOTH = FeatureUnion([("pca", PCA(2)), ("univ_select", SelectKBest(f_classif, k=1))])

CASES = (
    Case(
        "credit, forest behind a scaler",
        credit,
        make_pipeline(StandardScaler(), RandomForestClassifier(10, random_state=0)),
    ),
    Case(
        "credit, tree behind a min-max scaler",
        credit,
        make_pipeline(MinMaxScaler(), DecisionTreeClassifier(random_state=0)),
        form="array",
    ),
    Case(
        "crops, forest behind two scalers",
        crops,
        make_pipeline(MinMaxScaler(), StandardScaler(), RandomForestClassifier(10, random_state=0)),
    ),
    Case(
        "wine quality, forest",
        wine_quality,
        Pipeline([("scaler", RobustScaler()), ("rf", RandomForestRegressor(10, random_state=0))]),
    ),
    Case("heart, logistic regression", heart, make_pipeline(StandardScaler(), LogisticRegression())),
    Case(
        "heart, neighbours",
        heart,
        make_pipeline(StandardScaler(), KNeighborsClassifier(7)),
        save=pickle_as("heart-disease-prediction-knn-model.pkl"),
    ),
    Case(
        "pima, SVC",
        pima,
        make_pipeline(StandardScaler(), SVC(kernel="linear")),
        form="array",
        save=pickle_as("trained_model.sav"),
    ),
    Case(
        "pima, binned",
        pima,
        make_pipeline(KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"), LogisticRegression()),
    ),
    Case(
        "pima, binned to numbers",
        pima,
        make_pipeline(KBinsDiscretizer(5, encode="ordinal", strategy="uniform"), LogisticRegression()),
    ),
    Case("pima, power", pima, make_pipeline(PowerTransformer(), LogisticRegression())),
    Case("pima, quantiles", pima, make_pipeline(QuantileTransformer(n_quantiles=50), LogisticRegression())),
    Case("pima, threshold", pima, make_pipeline(Binarizer(threshold=50), LogisticRegression())),
    Case("diabetes, polynomial", diabetes, make_pipeline(PolynomialFeatures(2), StandardScaler(), Ridge())),
    Case("diabetes, splines", diabetes, make_pipeline(SplineTransformer(n_knots=4), Ridge())),
    Case(
        "diabetes, polynomial of one column",
        diabetes,
        Pipeline([("poly", PolynomialFeatures(degree=3)), ("linear", LinearRegression())]),
        columns=("bp",),
    ),
    Case("diabetes, logarithm", diabetes, make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), Lasso())),
    Case(
        "diabetes, logarithm with a name",
        diabetes,
        make_pipeline(FunctionTransformer(np.log1p, np.expm1, feature_names_out="one-to-one"), Ridge()),
    ),
    Case("diabetes, best columns", diabetes, make_pipeline(SelectKBest(f_regression, k=3), LinearRegression())),
    Case("diabetes, SVR", diabetes, make_pipeline(MinMaxScaler(), SVR(C=10))),
    Case(
        "breast cancer, components",
        breast_cancer,
        make_pipeline(StandardScaler(), PCA(5), LogisticRegression()),
        save=joblib_as("pca_pipeline.pkl"),
    ),
    Case("breast cancer, share of variance", breast_cancer, make_pipeline(StandardScaler(), PCA(0.9), SVC())),
    Case(
        "breast cancer, eliminated columns",
        breast_cancer,
        make_pipeline(StandardScaler(), RFE(LogisticRegression(), n_features_to_select=5), LogisticRegression()),
    ),
    Case(
        "breast cancer, columns of a forest",
        breast_cancer,
        make_pipeline(SelectFromModel(RandomForestClassifier(5, random_state=0)), LogisticRegression(max_iter=2000)),
    ),
    Case(
        "iris, components and best column",
        iris,
        Pipeline([("features", _BOTH), ("svm", SVC(kernel="linear"))]),
        form="array",
        save=joblib_as("iris-pipeline.pkl"),
    ),
    Case(
        "iris, random kernel",
        iris,
        make_pipeline(
            StandardScaler(), RBFSampler(gamma=0.5, n_components=30, random_state=0), SGDClassifier(random_state=0)
        ),
    ),
    Case("iris, Nystroem", iris, make_pipeline(Nystroem(n_components=20, random_state=0), LogisticRegression())),
    Case(
        "iris, kernel components",
        iris,
        make_pipeline(StandardScaler(), KernelPCA(3, kernel="rbf"), LogisticRegression()),
    ),
    Case(
        "wine, independent components",
        wine,
        make_pipeline(StandardScaler(), FastICA(4, random_state=0, whiten="unit-variance"), LogisticRegression()),
    ),
    Case(
        "wine, singular values",
        wine,
        make_pipeline(MaxAbsScaler(), TruncatedSVD(4, random_state=0), LogisticRegression()),
    ),
    Case(
        "wine, discriminants", wine, make_pipeline(LinearDiscriminantAnalysis(n_components=2), KNeighborsClassifier(3))
    ),
    Case("wine, unit rows", wine, make_pipeline(Normalizer(), VarianceThreshold(1e-6), LogisticRegression(C=100))),
    Case(
        "wine, as an array",
        wine,
        make_pipeline(FunctionTransformer(np.asarray), StandardScaler(), LogisticRegression()),
    ),
    Case(
        "wine, in single precision",
        wine,
        make_pipeline(FunctionTransformer(np.asarray, kw_args={"dtype": np.float32}), SVC()),
    ),
    Case("wine, degrees", wine, make_pipeline(FunctionTransformer(np.deg2rad), StandardScaler(), LogisticRegression())),
    Case("wine, no scaler", wine, Pipeline([("scaler", "passthrough"), ("svc", SVC())])),
    Case("wine, no components", wine, Pipeline([("s", StandardScaler()), ("pca", None), ("lr", LogisticRegression())])),
    Case(
        "wine, distances to clusters",
        wine,
        make_pipeline(StandardScaler(), KMeans(4, n_init=1, random_state=0), LogisticRegression()),
    ),
)
