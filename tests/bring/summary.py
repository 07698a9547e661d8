"""Counts what became of the files of each group."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.bring.case import Case
from tests.bring.outcome import outcome

BACKENDS = ("ONNX FP32", "ONNX FP64", "scikit-learn")
HEAD = ("group", "files", "whole models", "served", *BACKENDS, "warned of", "refused")


def table(groups: Mapping[str, Sequence[Case]]) -> str:
    """Return a table in Markdown; this bundles and serves every file."""
    rows = [(name, *_counts(cases)) for name, cases in groups.items()]
    total = ("all", *(sum(numbers) for numbers in zip(*(row[1:] for row in rows), strict=True)))
    lines = [HEAD, ("---", *["---:"] * (len(HEAD) - 1)), *rows, total]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _counts(cases: Sequence[Case]) -> tuple[int, ...]:
    outcomes = [outcome(case) for case in cases]
    served = Counter(found.backend for found in outcomes if found.result == "served")
    results = Counter(found.result for found in outcomes)
    whole = sum(case.whole for case in cases)
    return (
        len(cases),
        whole,
        served.total(),
        *(served[backend] for backend in BACKENDS),
        results["warned"],
        results["refused"],
    )
