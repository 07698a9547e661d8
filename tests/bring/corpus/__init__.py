"""The corpus: ten groups of model files."""

from collections.abc import Mapping, Sequence

from tests.bring.case import Case
from tests.bring.corpus import answers, columns, encoders, ensembles, estimators, files, no_models, numbers, parts, text

GROUPS: Mapping[str, Sequence[Case]] = {
    "bare estimators": estimators.CASES,
    "pipelines over numbers": numbers.CASES,
    "columns of numbers and words": columns.CASES,
    "gaps and encoders": encoders.CASES,
    "ensembles and searches": ensembles.CASES,
    "text": text.CASES,
    "clusters, outliers, targets": answers.CASES,
    "ways to save": files.CASES,
    "parts saved apart": parts.CASES,
    "no models": no_models.CASES,
}
