"""Bare estimators on numbers, as most tutorials save them."""

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import (
    BayesianRidge,
    HuberRegressor,
    LassoCV,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    PoissonRegressor,
    RANSACRegressor,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR, LinearSVC, NuSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.bring.case import Case
from tests.bring.saving import pickle_as
from tests.bring.tables.amounts import buildings
from tests.bring.tables.classes import crops, heart, pima
from tests.bring.tables.shipped import breast_cancer, diabetes, iris, wine

CASES = (
    Case("iris, logistic regression", iris, LogisticRegression(max_iter=500), save=pickle_as("iris.pkl")),
    Case("iris, an array", iris, DecisionTreeClassifier(random_state=0), form="array"),
    Case("iris, neighbours", iris, KNeighborsClassifier(3), save=pickle_as("saved-iris-model.pkl")),
    Case("iris, SVC of an array", iris, SVC(), form="array", save=pickle_as("iris_svm.sav")),
    Case("iris, linear SVC", iris, LinearSVC(random_state=0)),
    Case("iris, Gaussian process", iris, GaussianProcessClassifier(random_state=0)),
    Case("wine, Bayes", wine, GaussianNB()),
    Case("wine, LDA", wine, LinearDiscriminantAnalysis()),
    Case("wine, QDA", wine, QuadraticDiscriminantAnalysis(reg_param=0.1)),
    Case("wine, nearest centroid", wine, NearestCentroid()),
    Case("wine, ridge classifier", wine, RidgeClassifier()),
    Case("wine, nothing learned", wine, DummyClassifier(strategy="prior"), refused="always the same class"),
    Case("breast cancer, cross-validated", breast_cancer, LogisticRegressionCV(Cs=2, max_iter=50, cv=2)),
    Case("breast cancer, stochastic descent", breast_cancer, SGDClassifier(loss="log_loss", random_state=0)),
    Case("breast cancer, LDA of two classes", breast_cancer, LinearDiscriminantAnalysis()),
    Case("iris, network", iris, MLPClassifier(8, max_iter=300, random_state=0)),
    Case("heart, NuSVC", heart, NuSVC(nu=0.3)),
    Case("heart, Bernoulli", heart, BernoulliNB(binarize=1)),
    Case("crops, multinomial Bayes", crops, MultinomialNB()),
    Case("crops, complement Bayes", crops, ComplementNB()),
    Case("heart, categorical Bayes", heart, CategoricalNB(min_categories=4), columns=("sex", "cp"), codes=("cp",)),
    Case("diabetes, linear regression", diabetes, LinearRegression(), save=pickle_as("diabetes.pkl", 2)),
    Case("diabetes, lasso", diabetes, LassoCV(cv=2, random_state=0)),
    Case("diabetes, Bayesian ridge", diabetes, BayesianRidge()),
    Case("diabetes, Huber", diabetes, HuberRegressor(max_iter=300)),
    Case("diabetes, RANSAC", diabetes, RANSACRegressor(min_samples=60, random_state=0)),
    Case("diabetes, isotonic", diabetes, IsotonicRegression(out_of_bounds="clip"), columns=("bmi",)),
    Case(
        "diabetes, isotonic of a column",
        diabetes,
        IsotonicRegression(out_of_bounds="clip"),
        columns=("s5",),
        form="series",
    ),
    Case("diabetes, SVR of an array", diabetes, SVR(C=100), form="array"),
    Case("diabetes, neighbours", diabetes, KNeighborsRegressor(weights="distance")),
    Case(
        "buildings, network",
        buildings,
        MLPRegressor(hidden_layer_sizes=8, solver="lbfgs", max_iter=900, random_state=0),
        targets=("Y1",),
    ),
    Case("pima, Poisson", pima, PoissonRegressor(max_iter=300), targets=("Pregnancies",)),
    Case(
        "buildings, Gaussian process",
        buildings,
        GaussianProcessRegressor(alpha=0.1),
        columns=("Wall_Area",),
        targets=("Y1",),
    ),
    Case("buildings, tree", buildings, DecisionTreeRegressor(random_state=0), columns=("Wall_Area",), targets=("Y1",)),
)
