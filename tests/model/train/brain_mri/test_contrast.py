from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def heads(count: int = 40) -> Any:
    """Return [count, 1, 32, 32]: black around a square that gets lighter from left to right."""
    from model.train.picture.network import torch

    torch.manual_seed(0)
    made = torch.zeros(count, 1, 32, 32)
    made[:, :, 8:24, 8:24] = torch.linspace(0.2, 1, 16)
    return made


def changes() -> dict[str, Callable[[Any], Any]]:
    from model.train.brain_mri import contrast

    return {
        "histogram": contrast.with_histogram_of_another,
        "curve": contrast.with_random_curve,
        "bias": contrast.with_bias_field,
    }


@pytest.mark.parametrize("name", ["histogram", "curve"])
def test_mapped_greys_stay_in_bounds(name: str) -> None:
    changed = changes()[name](heads())
    assert changed.shape == (40, 1, 32, 32)
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


def test_curves_rise_and_fall_and_mostly_keep_black() -> None:
    changed = changes()["curve"](heads())
    slopes = changed[:, 0, 16, 23] - changed[:, 0, 16, 9]
    assert int((slopes > 0).sum()) > 4
    assert int((slopes < 0).sum()) > 4
    assert int((changed[:, 0, 0, 0] == 0).sum()) > 20


def test_histograms_become_those_of_others_in_the_batch() -> None:
    from model.train.picture.network import torch

    pictures = torch.cat([heads(20), heads(20) ** 3])
    changed = changes()["histogram"](pictures)
    middle = changed[:, 0, 16, 12]
    assert float(middle[:20].min()) < 0.2 < float(middle[20:].max())


def test_a_bias_field_is_smooth_and_keeps_black() -> None:
    pictures = heads()
    changed = changes()["bias"](pictures)
    assert float(changed[:, :, :8].abs().max()) == 0
    factors = changed[:, 0, 8:24, 8:24] / pictures[:, 0, 8:24, 8:24]
    assert float((factors[:, 1:] - factors[:, :-1]).abs().max()) < 0.15
    assert float(factors.max()) > 1.1
    assert float(factors.min()) < 0.9


def test_no_share_changes_nothing() -> None:
    from model.train.brain_mri.contrast import recontrasted

    pictures = heads()
    assert bool((recontrasted(pictures, 0, 0, 0) == pictures).all())
    assert not bool((recontrasted(pictures, 1, 1, 1) == pictures).all())
