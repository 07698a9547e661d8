import numpy as np
import pytest
from numpy.typing import NDArray

from model.image.paper import ink_levels

INK = np.zeros((80, 120))
INK[20:60, 50:56] = INK[20:26, 40:70] = 1
DEEP = 100.0


@pytest.mark.parametrize("slope", [0.0, 60.0, -60.0])
@pytest.mark.parametrize("light_ink", [False, True])
def test_ink_is_separated_from_paper_under_any_light(slope: float, light_ink: bool) -> None:
    light = 160 + slope * np.linspace(-0.5, 0.5, 120)
    dark_on_light = np.broadcast_to(light, INK.shape) - DEEP * INK
    levels = ink_levels((255 - dark_on_light if light_ink else dark_on_light).astype(np.uint8))
    assert levels[INK > 0].min() > 0.9 * DEEP
    assert levels[INK == 0].max() < 0.1 * DEEP


def test_a_shadow_counts_less_than_ink() -> None:
    picture = 200 - DEEP * INK
    picture[:, 80:] -= 50
    levels = ink_levels(picture.astype(np.uint8))
    assert levels[INK > 0].min() > 0.8 * DEEP
    assert levels[:, 90:].max() < 0.4 * DEEP


def test_with_more_ink_than_paper_the_border_is_paper() -> None:
    thick: NDArray[np.float64] = np.zeros((60, 60))
    thick[5:55, 5:55] = 1
    for picture in (220 - 150 * thick, 30 + 150 * thick):
        levels = ink_levels(picture.astype(np.uint8))
        assert levels[thick > 0].min() > 140
        assert levels[thick == 0].max() < 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (28, 28)])
def test_a_uniform_picture_has_no_ink(shape: tuple[int, int]) -> None:
    assert not ink_levels(np.full(shape, 77, np.uint8)).any()
