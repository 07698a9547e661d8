"""All scans in the form that the graph takes, and their division into those to fit, to calibrate and to test on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.train.brain_mri import evaluate
from model.train.brain_mri.data import CT_GROUPS, Scans
from model.train.brain_mri.weak import COLLECTIONS, TUMOUR, WeakScans
from model.train.picture.fitted import Examples as Pairs

TEST_FOLD = 0  # takes no part in any fit or choice of hyperparameters
CALIBRATION_STEP = 16  # every 16th group of near copies in the other folds is kept for calibration

Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """The scans of both tables, those with a weak label last."""

    pictures: NDArray[np.uint8]  # [n, SIDE, SIDE]
    targets: NDArray[np.int64]  # indices of `data.CLASSES`, or TUMOUR
    collections: NDArray[np.str_]
    folds: NDArray[np.int64]  # -1: in none
    groups: NDArray[np.int64]  # equal for near copies

    @property
    def test(self) -> Rows:
        return np.asarray(self.folds == TEST_FOLD)

    def of(self, collection: str) -> Rows:
        return np.asarray(self.collections == collection)

    def split(self, left_out: str = "", *, weak: bool = True) -> tuple[Pairs, Pairs]:
        """Return what to fit on and what to calibrate on; neither has a scan of the test fold or a near copy of one.

        Args:
            left_out: A collection; none of its scans, and no near copy of one, is in either part.
            weak: Whether to fit also on those with a weak label.
        """
        usable = self._usable(left_out)
        kept = self.groups % CALIBRATION_STEP == 0
        if not weak:
            usable &= ~np.isin(self.collections, COLLECTIONS)
        return self._pairs(usable & ~kept), self._pairs(usable & kept & (self.targets != TUMOUR))

    def ct_to_fit_on(self, left_out: str = "") -> Rows:
        """Return which of the scans to fit on, in the order of `split`, are CT."""
        return np.isin(self.groups[self._usable(left_out) & (self.groups % CALIBRATION_STEP != 0)], CT_GROUPS)

    def _usable(self, left_out: str) -> Rows:
        return ~np.isin(self.groups, self.groups[self.test | self.of(left_out)])

    def _pairs(self, rows: Rows) -> Pairs:
        return self.pictures[rows], self.targets[rows]


def examples(scans: Scans, weak: WeakScans) -> Examples:
    """Prepare the scans."""
    files = (*scans.jpegs, *weak.jpegs)
    return Examples(
        pictures=np.stack([np.round(evaluate.prepared(file) * 255).astype(np.uint8) for file in files]),
        targets=np.concatenate([scans.classes, weak.targets]),
        collections=np.concatenate([scans.collections, weak.collections]),
        folds=np.concatenate([scans.folds, weak.folds]),
        groups=np.concatenate([scans.groups, weak.groups]),
    )
