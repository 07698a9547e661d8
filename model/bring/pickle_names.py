"""Says which names the pickle of a fitted model may import, and what it may do with them.

A pickle can import any name and call it with any arguments. This is a list of what estimators consist of, not of whole
packages: `numpy.memmap` overwrites a file, and `sklearn.model_selection.cross_val_predict` calls any method of any
object. Functions that an estimator merely keeps, such as a metric, can be named but not called. A FunctionTransformer
calls the one that it keeps. Those of numpy that are listed only compute: they call, read and write nothing else.
"""

from __future__ import annotations

import _compat_pickle
import re
from collections.abc import Collection
from functools import cache
from typing import Literal, NamedTuple

Use = Literal["call", "keep"]

_CLASS = r"_?[A-Z]\w*"
_FUNCTION = r"_?[a-z]\w*"
_ESTIMATORS = (
    "base|calibration|cluster|compose|covariance|cross_decomposition|decomposition|discriminant_analysis|dummy|ensemble|"
    "feature_extraction|feature_selection|frozen|gaussian_process|impute|isotonic|kernel_approximation|kernel_ridge|"
    "linear_model|_loss|manifold|metrics|mixture|model_selection|multiclass|multioutput|naive_bayes|neighbors|"
    "neural_network|pipeline|preprocessing|random_projection|semi_supervised|svm|tree"
)
_PACKAGES = r"(sklearn|imblearn|xgboost|lightgbm|catboost)\."

# Pairs of patterns: a module, and the names in it.
_CALLED = (
    ("builtins", "bytearray|bytes|complex|frozenset|object|set|slice"),
    ("copyreg", "_reconstructor|__newobj__"),
    ("_codecs", "encode"),
    ("collections", "OrderedDict|defaultdict|deque|Counter"),
    ("datetime", "date|datetime|time|timedelta|timezone"),
    ("decimal", "Decimal"),
    ("functools", "partial"),
    (r"joblib\.numpy_pickle", "NumpyArrayWrapper"),
    ("numpy", "ndarray|dtype|matrix|recarray|record|vectorize"),
    (r"numpy\._?core\.multiarray", "_reconstruct|scalar"),
    (r"numpy\._?core\.numeric", "_frombuffer"),
    (r"numpy\.dtypes", r"\w+DType"),
    (r"numpy\.ma(\.core)?", "MaskedArray|_mareconstruct"),
    (r"numpy\.random\._pickle", "__(randomstate|generator|bit_generator)_ctor"),
    (r"numpy\.random\._\w+", "MT19937|PCG64|PCG64DXSM|Philox|SFC64|Generator"),
    (r"numpy\.random\.(mtrand|bit_generator)", "RandomState|SeedSequence|__pyx_unpickle_SeedSequence"),
    (r"scipy\.sparse\._?\w+", "(bsr|coo|csc|csr|dia|dok|lil)_(matrix|array)"),
    (r"scipy\.interpolate\._\w+", "BSpline|PPoly|interp1d"),
    ("builtins", "getattr"),  # for methods of a distribution only: scan and loader look at its arguments
    (r"scipy\.stats\._\w+", r"\w+_gen|rv_\w*frozen|rv_\w*histogram"),
    (r"pandas\.core\.(frame|series|flags)", "DataFrame|Series|Flags"),
    (r"pandas\.core\.indexes\.\w+", r"\w*Index|FrozenList|_new_\w*Index"),
    (r"pandas\.core\.internals\.(managers|blocks)", r"\w*BlockManager|\w*Block|new_block"),
    (r"pandas\.core\.arrays\.\w+(\.\w+)?", r"\w+Array|\w+Dtype|Categorical"),
    (r"pandas\.core\.dtypes\.dtypes", r"\w+Dtype"),
    (r"pandas\._libs\.(internals|arrays)", r"_unpickle_block|BlockPlacement|__pyx_unpickle_\w+"),
    (r"pandas\._libs\.missing", "NAType|NA"),
    (r"pandas\._libs\.tslibs\.\w+", r"Timestamp|Timedelta|Period|Interval|_?_\w*unpickle\w*|_new_\w+"),
    (
        rf"sklearn\.({_ESTIMATORS})(\.(?!tests|conftest)\w+)*",
        rf"{_CLASS}|newObj|__pyx_unpickle_\w+|make_column_selector",
    ),
    (r"sklearn\.utils(\.\w+)?", r"Bunch|MetadataRequest|MethodMetadataRequest|MetadataRouter|MethodMapping|\w*Tags"),
    (r"imblearn(\.(?!tests|datasets|utils)\w+)+", _CLASS),
    (r"xgboost\.(callback|compat|core|sklearn)", _CLASS),
    (r"lightgbm\.(basic|sklearn)", _CLASS),
    (r"catboost\.core", _CLASS),
)
_KEPT = (
    ("builtins", "bool|dict|float|int|list|str|tuple|abs|len|max|min|round|sum"),
    (
        r"numpy(\._?core(\.\w+)?)?",
        (
            r"generic|number|integer|floating|u?int(p|c|8|16|32|64)|float(16|32|64|128)|complex(64|128)|bool_?|"
            r"(long)?(double|long)|str_|bytes_|object_|datetime64|timedelta64|"
            r"abs|absolute|arc(cos|sin|tan)|arc(cos|sin|tan)h|around|cbrt|ceil|clip|cosh?|exp|exp2|expm1|fabs|floor|log|"
            r"log10|log1p|log2|max|mean|median|min|nan_to_num|negative|power|ravel|reciprocal|rint|round|sign|sinh?|sqrt|"
            r"square|std|sum|tanh?|transpose|trunc|var|"
            r"array|as(any|contiguous|fortran)?array|atleast_[123]d|copy|expand_dims|reshape|squeeze|swapaxes|"
            r"concatenate|stack|[dhv]stack|column_stack|take|where|flip|fliplr|flipud|sort|argsort|"
            r"add|subtract|multiply|divide|true_divide|floor_divide|mod|remainder|float_power|maximum|minimum|fmax|fmin|"
            r"equal|not_equal|greater|greater_equal|less|less_equal|logical_(and|not|or|xor)|isfinite|isin|isinf|isnan|"
            r"deg2rad|degrees|rad2deg|radians|hypot|sinc|fix|positive|signbit|digitize|interp|"
            r"all|any|argmax|argmin|average|cumprod|cumsum|diff|percentile|prod|ptp|quantile|"
            r"nan(max|mean|median|min|percentile|prod|quantile|std|sum|var)"
        ),
    ),
    (r"numpy\.lib\.\w+", "median|nan_to_num|percentile|quantile"),
    (r"scipy\.special(\._\w+)?", "expit|logit|boxcox|boxcox1p|inv_boxcox|inv_boxcox1p|log1p|expm1|cbrt|exp10"),
    (r"scipy\.stats(\._\w+)?", "gmean|hmean|iqr|pearsonr|spearmanr|kendalltau|zscore"),
    (r"sklearn\.(metrics|feature_selection|preprocessing)(\.(?!tests)\w+)*", _FUNCTION),
    (r"sklearn\.utils\.(validation|extmath)", "check_array|softmax"),
    (r"sklearn\.cluster\._kmeans", "_kmeans_single_(elkan|lloyd)"),
    (r"scipy\._lib\.array_api_compat\.numpy(\._aliases)?", "asarray"),  # of a BSpline
    (r"imblearn\.metrics(\.(?!tests)\w+)*", _FUNCTION),
)


class Name(NamedTuple):
    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def in_python3(module: str, name: str, protocol: int) -> Name:
    """Return the name that Python 3 imports for one that may be Python 2's."""
    if protocol < 3:  # noqa: PLR2004 (the first protocol that Python 2 did not write)
        if (module, name) in _compat_pickle.NAME_MAPPING:
            return Name(*_compat_pickle.NAME_MAPPING[module, name])
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return Name(module, name)


def use(module: str, name: str, trusted: Collection[str] = ()) -> Use | None:
    """Return what a pickle may do with a name, or None if it may not import it.

    Args:
        module: The module as the pickle names it.
        name: The name in the module. One with a dot, which reaches into what the name stands for, is refused.
        trusted: Names that may be called as well, or modules with all their names.
    """
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        return None
    if any(f"{module}.{name}.".startswith(f"{taken}.") for taken in trusted):
        return "call"
    return _listed(module, name)


def is_in_estimators(module: str) -> bool:
    """Return whether a module's names are taken by their form: what they stand for has to be looked at as well."""
    return re.match(_PACKAGES, module) is not None


@cache
def _listed(module: str, name: str) -> Use | None:
    lists: tuple[tuple[Use, tuple[tuple[str, str], ...]], ...] = (("call", _CALLED), ("keep", _KEPT))
    for found, pairs in lists:
        if any(re.fullmatch(modules, module) and re.fullmatch(names, name) for modules, names in pairs):
            return found
    return None
