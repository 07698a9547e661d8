"""Augmentation: pictures rotated, shifted, scaled, sheared, warped, and with thicker or thinner strokes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.train.picture.network import nn, torch


@dataclass(frozen=True)
class Augmentation:
    """How far a picture may be changed; every change is drawn for each picture separately."""

    rotate: float = 0.0  # degrees, either way
    shift: float = 0.0  # share of the side, either way
    scale: float = 0.0  # 0.1: from 10 % smaller to 10 % larger
    shear: float = 0.0  # share of the side that the top moves against the bottom
    warp: float = 0.0  # share of the side that parts of the picture move, smoothly
    warp_points: int = 5  # points of the moving grid along each side
    stroke: float = 0.0  # 1: strokes up to a pixel thicker or thinner on each side
    gamma: float = 0.0  # 0.3: exponents between e^-0.3 and e^0.3
    mirror: bool = False

    def __call__(self, pictures: Any) -> Any:
        """Return changed pictures; both sides are [n, 1, height, width] in 0–1."""
        if self.stroke:
            pictures = _restroked(pictures, self.stroke)
        pictures = nn.functional.grid_sample(pictures, self._grid(pictures), align_corners=False)
        if self.gamma:
            pictures = pictures.clamp(0, 1) ** torch.exp(_draw(len(pictures), 1, 1, 1) * self.gamma)
        return pictures

    def _grid(self, pictures: Any) -> Any:
        """Return where each pixel comes from, [n, height, width, 2], from -1 to 1 along each side."""
        count = len(pictures)
        angle, scale = torch.deg2rad(_draw(count) * self.rotate), torch.exp(_draw(count, 2) * self.scale)
        cosine, sine, shear = torch.cos(angle), torch.sin(angle), _draw(count) * self.shear
        flip = torch.sign(_draw(count)) if self.mirror else torch.ones(count)
        first = torch.stack([cosine * flip, -sine + shear, _draw(count) * self.shift * 2], dim=1)
        second = torch.stack([sine * flip, cosine, _draw(count) * self.shift * 2], dim=1)
        affine = torch.stack([first * scale[:, :1], second * scale[:, 1:]], dim=1)
        grid = nn.functional.affine_grid(affine, list(pictures.shape), align_corners=False)
        if self.warp:
            coarse = _draw(count, 2, self.warp_points, self.warp_points) * self.warp * 2
            fine = nn.functional.interpolate(coarse, pictures.shape[2:], mode="bicubic", align_corners=True)
            grid = grid + fine.permute(0, 2, 3, 1)
        return grid


def _restroked(pictures: Any, most: float) -> Any:
    share = _draw(len(pictures), 1, 1, 1) * most
    thick = nn.functional.max_pool2d(pictures, 3, 1, 1)
    thin = -nn.functional.max_pool2d(-pictures, 3, 1, 1)
    return pictures + share.clamp(min=0) * (thick - pictures) + (-share).clamp(min=0) * (thin - pictures)


def _draw(*shape: int) -> Any:
    """Draw uniformly from -1 to 1."""
    return torch.rand(*shape) * 2 - 1
