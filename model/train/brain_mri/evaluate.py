"""How good the brain MRI model is, as it is served: files → decode → prepare → graph → figures for the card."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import scan
from model.image.decode import read_image
from model.train.brain_mri.data import CLASSES, Scans
from model.train.brain_mri.variants import copies, strangers
from model.train.metrics import Figures
from model.train.picture.evaluate import Answers, Ask, figures, milliseconds, share, warned

COPIED = 4  # every so many judged scans are also asked about as copies

NO_TUMOUR = CLASSES.index("notumor")

Array = NDArray[Any]


def seen(file: bytes) -> NDArray[np.float32]:
    """A file as the graph takes it, [SIDE, SIDE]."""
    return scan.prepare(read_image(file)[0])[0]


def unseen(ask: Ask, scans: Scans, judged: Array, labels: Iterable[str]) -> tuple[Figures, Answers]:
    """Figures of the judged rows, a boolean for each row, and the answers they are of."""
    rows = np.flatnonzero(judged)
    answers = ask(np.stack([seen(scans.jpegs[row]) for row in rows]))
    made = figures(scans.classes[rows], answers, labels)
    _, group, size = np.unique(scans.groups[rows], return_inverse=True, return_counts=True)
    made["accuracy_each_group_once"] = share(np.bincount(group, answers.labels == scans.classes[rows]) / size)
    return made, answers


def robustness(ask: Ask, scans: Scans, judged: Array) -> dict[str, Figures]:
    """How often the answer stays the same when the same scan comes as another file, and how often it is right.

    Were it the kind of file that tells the class, other shares would be said to have no tumour.
    """
    rows = np.flatnonzero(judged)[::COPIED]
    forms: dict[str, list[bytes]] = {}
    for row in rows:
        for name, file in copies(Image.open(io.BytesIO(scans.jpegs[row]))).items():
            forms.setdefault(name, []).append(file)
    kept = ask(np.stack([seen(scans.jpegs[row]) for row in rows])).labels
    alike = {"as_kept": _beside(kept, kept, scans.classes[rows])}
    for name, files in forms.items():
        alike[name] = _beside(ask(np.stack([seen(file) for file in files])).labels, kept, scans.classes[rows])
    return alike


def originals(ask: Ask, scans: Scans) -> Figures:
    """How often a file as published is answered as its smaller copy is; most of them the fit has seen."""
    rows = np.array(sorted(scans.originals))
    published = ask(np.stack([seen(scans.originals[row]) for row in rows])).labels
    kept = ask(np.stack([seen(scans.jpegs[row]) for row in rows])).labels
    return {"scans": len(rows), "same_answer": share(published == kept)}


def strange(ask: Ask, strange_above: float, answers: Answers, digits: NDArray[np.uint8]) -> dict[str, Figures]:
    """Of the judged scans and of what is none, the share that is warned of as strange."""
    shares = {"judged_scans": warned(answers.strangeness, strange_above)}
    for name, pictures in strangers(digits).items():
        measured = ask(np.stack([scan.prepare(picture)[0] for picture in pictures])).strangeness
        shares[name] = warned(measured, strange_above)
    return shares


def times(ask: Ask, file: bytes) -> Figures:
    """Of one scan on one core, in milliseconds: the graph, and before it decoding and preparing."""
    picture = seen(file)[None]
    return {"graph": milliseconds(lambda: ask(picture)), "decode_and_prepare": milliseconds(lambda: seen(file))}


def _beside(answers: Array, kept: Array, truth: Array) -> Figures:
    return {
        "scans": len(truth),
        "same_answer": share(answers == kept),
        "accuracy": share(answers == truth),
        "said_to_have_no_tumour": share(answers == NO_TUMOUR),
    }
