import numpy as np
import pytest

from model.train.brain_mri import weak
from model.train.brain_mri.examples import CALIBRATION_STEP, Examples


def rows() -> Examples:
    """Eight scans: two of the test fold and of group 1, the rest in groups of their own but for near copies."""
    return Examples(
        pictures=np.arange(8, dtype=np.uint8)[:, None, None],
        targets=np.array([0, 1, 2, 3, 2, weak.TUMOUR, weak.TUMOUR, weak.TUMOUR]),
        collections=np.array(["figshare", "sartaj", "healthy", "figshare", "healthy", "br35h", "br35h", "navoneel"]),
        folds=np.array([0, 1, 2, 3, 4, 0, -1, -1]),
        groups=np.array([1, 2, 3, CALIBRATION_STEP, 4, 1, 7, 7]),
    )


def pictures(part: tuple[np.ndarray, np.ndarray]) -> list[int]:
    return [int(value) for value in part[0].ravel()]


def test_test_scans_and_their_near_copies_take_no_part() -> None:
    fit, calibration = rows().split()
    assert pictures(fit) == [1, 2, 4, 6, 7]
    assert fit[1].tolist() == [1, 2, 2, weak.TUMOUR, weak.TUMOUR]
    assert pictures(calibration) == [3]


@pytest.mark.parametrize(
    ("left_out", "kept"), [("br35h", [1, 2, 4]), ("navoneel", [1, 2, 4]), ("sartaj", [2, 4, 6, 7])]
)
def test_a_collection_is_left_out_with_its_near_copies(left_out: str, kept: list[int]) -> None:
    assert pictures(rows().split(left_out)[0]) == kept


def test_ct_is_marked_among_the_scans_to_fit_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.train.brain_mri.examples.CT_GROUPS", (1, 4))
    assert rows().ct_to_fit_on().tolist() == [False, False, True, False, False]
    assert rows().ct_to_fit_on("br35h").tolist() == [False, False, True]


def test_the_first_fit_has_no_weak_labels() -> None:
    assert pictures(rows().split(weak=False)[0]) == [1, 2, 4]
