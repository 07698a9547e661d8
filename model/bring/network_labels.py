"""Reads the labels of a network's classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from model.bundle import BundleError

_MOST_BYTES = 10_000_000


def read(given: str) -> tuple[str, ...]:
    """Return the labels in a text file, one a line, or those between commas. Raises BundleError."""
    if not given:
        return ()
    path = Path(given)
    if "," in given and not path.is_file():
        return tuple(label.strip() for label in given.split(",") if label.strip())
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BundleError(f"--labels must be a text file with one label a line; {given} is too large for that.")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BundleError(f"The labels {given} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BundleError(f"The labels {given} are not text in UTF-8. Save the file as UTF-8.") from error
    labels = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not labels:
        raise BundleError(f"{given} has no labels. Write one a line, in the order of the network's classes.")
    return labels


def matched(labels: Sequence[str], count: int) -> tuple[str, ...]:
    """Return a label for each class; without labels the classes are numbered.

    Two classes of ImageNet are called "crane" and two "maillot": repeated labels get the number of their class.

    Raises:
        BundleError: There are more labels than classes, or fewer.
    """
    if not labels:
        return tuple(map(str, range(count)))
    if len(labels) != count:
        raise BundleError(f"There are {len(labels)} labels, but the network has {count} classes.")
    counts = Counter(labels)
    return tuple(f"{label} ({index})" if counts[label] > 1 else label for index, label in enumerate(labels))
