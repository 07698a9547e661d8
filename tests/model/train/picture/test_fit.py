import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytestmark = pytest.mark.slow

SIDE = 12


def bars(count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures with a light bar, upright or lying, by class."""
    random = np.random.default_rng(0)
    pictures, targets = random.integers(0, 60, (count, SIDE, SIDE), np.uint8), np.arange(count) % 2
    for picture, target in zip(pictures, targets, strict=True):
        place = random.integers(2, SIDE - 2)
        picture[(slice(None), place) if target else place] = 255
    return pictures, targets


def fitted(said: list[str], seed: int = 0) -> Any:
    from model.train.picture.augment import Variation
    from model.train.picture.fit import Recipe, fit
    from model.train.picture.network import untrained

    recipe = Recipe(epochs=6, learning_rate=0.05, batch=16, label_smoothing=0.02, seed=seed)
    network = untrained((4, 8), 2, seed)
    return fit(network, bars(200), bars(40), Variation(shift=0.05, warp=0.01), recipe, said.append)


def test_what_is_taught_is_learnt_and_told() -> None:
    from model.train.picture.fit import outputs

    said: list[str] = []
    network = fitted(said)
    pictures, targets = bars(300)
    assert (outputs(network, pictures).argmax(axis=1) == targets).mean() > 0.9
    assert len(said) == 6
    assert said[-1].startswith("Epoch 6 of 6: loss 0.")
    assert said[-1].endswith("0.0 minutes left.")


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second, other = (fitted([], seed).state_dict() for seed in (3, 3, 4))
    assert all(bool((first[name] == second[name]).all()) for name in first)
    assert not all(bool((first[name] == other[name]).all()) for name in first)


def picture() -> Any:
    """[3, 1, 24, 24], a light square to the left of the middle."""
    from model.train.picture.pytorch import torch

    torch.manual_seed(0)
    made = torch.zeros(3, 1, 24, 24)
    made[:, :, 8:16, 3:9] = 1
    return made


def test_a_variation_of_nothing_changes_nothing() -> None:
    from model.train.picture.augment import Variation
    from model.train.picture.pytorch import torch

    assert torch.allclose(Variation()(picture()), picture(), atol=1e-5)


@pytest.mark.parametrize(
    "change", [{"turn": 20}, {"shift": 0.1}, {"scale": 0.2}, {"shear": 0.2}, {"warp": 0.1}, {"stroke": 1}]
)
def test_each_picture_is_changed_in_its_own_way_and_stays_in_bounds(change: dict[str, Any]) -> None:
    from model.train.picture.augment import Variation

    changed = Variation(**change)(picture())
    assert changed.shape == (3, 1, 24, 24)
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1 + 1e-5
    assert not bool((changed[0] == changed[1]).all())
    assert 10 < float(changed[0].sum()) < 140


def test_gamma_changes_greys_but_neither_black_nor_white() -> None:
    from model.train.picture.augment import Variation

    grey = picture() * 0.5
    grey[:, :, 0, 0] = 1
    changed = Variation(gamma=0.5)(grey)
    assert float(changed[:, :, 20:, 20:].max()) < 1e-3
    assert float(changed[0, 0, 0, 0]) == pytest.approx(1)
    assert abs(float(changed[0, 0, 12, 6]) - 0.5) > 0.01


def test_a_mirrored_picture_is_on_the_other_side_half_the_time() -> None:
    from model.train.picture.augment import Variation

    sides = Variation(mirror=True)(picture().repeat(30, 1, 1, 1))[:, 0, 12, 18] > 0.5
    assert 20 < int(sides.sum()) < 70


def test_without_pytorch_a_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError\n")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import model.train.picture.pytorch"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "BundleError: Training on pictures needs PyTorch: pip install --require-hashes" in done.stderr
