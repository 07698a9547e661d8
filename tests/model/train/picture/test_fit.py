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
    """Return pictures with a light bar, vertical or horizontal, by class."""
    random = np.random.default_rng(0)
    pictures, targets = random.integers(0, 60, (count, SIDE, SIDE), np.uint8), np.arange(count) % 2
    for picture, target in zip(pictures, targets, strict=True):
        place = random.integers(2, SIDE - 2)
        picture[(slice(None), place) if target else place] = 255
    return pictures, targets


def fitted(logged: list[str], seed: int = 0) -> Any:
    from model.train.picture.augment import Augmentation
    from model.train.picture.fit import Recipe, fit
    from model.train.picture.network import untrained

    recipe = Recipe(epochs=6, learning_rate=0.05, batch=16, label_smoothing=0.02, seed=seed)
    network = untrained((4, 8), 2, seed)
    return fit(network, bars(200), bars(40), Augmentation(shift=0.05, warp=0.01), recipe, logged.append)


def test_the_fit_learns_the_classes_and_logs_every_epoch() -> None:
    from model.train.picture.fit import outputs

    logged: list[str] = []
    network = fitted(logged)
    pictures, targets = bars(300)
    assert (outputs(network, pictures).argmax(axis=1) == targets).mean() > 0.9
    assert len(logged) == 6
    assert logged[-1].startswith("Epoch 6 of 6: loss 0.")
    assert logged[-1].endswith("0.0 minutes left.")


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second, other = (fitted([], seed).state_dict() for seed in (3, 3, 4))
    assert all(bool((first[name] == second[name]).all()) for name in first)
    assert not all(bool((first[name] == other[name]).all()) for name in first)


def picture() -> Any:
    """Return [3, 1, 24, 24] with a light rectangle left of the middle."""
    from model.train.picture.network import torch

    torch.manual_seed(0)
    made = torch.zeros(3, 1, 24, 24)
    made[:, :, 8:16, 3:9] = 1
    return made


def test_no_augmentation_leaves_pictures_unchanged() -> None:
    from model.train.picture.augment import Augmentation
    from model.train.picture.network import torch

    assert torch.allclose(Augmentation()(picture()), picture(), atol=1e-5)


@pytest.mark.parametrize(
    "change", [{"rotate": 20}, {"shift": 0.1}, {"scale": 0.2}, {"shear": 0.2}, {"warp": 0.1}, {"stroke": 1}]
)
def test_each_picture_is_changed_differently_and_stays_in_bounds(change: dict[str, Any]) -> None:
    from model.train.picture.augment import Augmentation

    changed = Augmentation(**change)(picture())
    assert changed.shape == (3, 1, 24, 24)
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1 + 1e-5
    assert not bool((changed[0] == changed[1]).all())
    assert 10 < float(changed[0].sum()) < 140


def test_gamma_changes_greys_but_neither_black_nor_white() -> None:
    from model.train.picture.augment import Augmentation

    grey = picture() * 0.5
    grey[:, :, 0, 0] = 1
    changed = Augmentation(gamma=0.5)(grey)
    assert float(changed[:, :, 20:, 20:].max()) < 1e-3
    assert float(changed[0, 0, 0, 0]) == pytest.approx(1)
    assert abs(float(changed[0, 0, 12, 6]) - 0.5) > 0.01


def test_half_of_the_pictures_are_mirrored() -> None:
    from model.train.picture.augment import Augmentation

    sides = Augmentation(mirror=True)(picture().repeat(30, 1, 1, 1))[:, 0, 12, 18] > 0.5
    assert 20 < int(sides.sum()) < 70


def test_missing_pytorch_is_reported_with_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError\n")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import model.train.picture.network"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "BundleError: Training on pictures needs PyTorch: pip install --require-hashes" in done.stderr
