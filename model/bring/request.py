"""What the command `python -m model bundle` was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WARNING = "Warning: "  # the start of a limit on the card that the command also prints at its end


@dataclass(frozen=True)
class BundleRequest:
    """What to bundle: a joblib file, a sample of its training rows, and the model's names."""

    pipeline: Path
    data: Path
    name: str
    output: Path
    target: str | None = None  # the column of the sample with the true values, or several with commas between them
    title: str = ""
    version: str = "1.0.0"
    labels: Sequence[str] = ()  # how to show the classes, in the order of classes_
    trust: Sequence[str] = ()  # types and modules beyond scikit-learn's own that the model may need
    encoder: Path | None = None  # the file of the LabelEncoder that encoded the target
    before: Sequence[Path] = ()  # the files of the steps that go before the model, in their order
