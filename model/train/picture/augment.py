"""Pictures as they could have been as well: turned, moved, larger, slanted, warped, of a thicker or thinner stroke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.train.picture.pytorch import nn, torch


@dataclass(frozen=True)
class Variation:
    """The most that a picture is changed; each change is drawn for each picture alone."""

    turn: float = 0.0  # degrees, either way
    shift: float = 0.0  # share of the side, either way
    scale: float = 0.0  # 0.1: from 10 % smaller to 10 % larger
    shear: float = 0.0  # share of the side that the top moves against the bottom
    warp: float = 0.0  # share of the side that single parts move, smoothly
    warp_points: int = 5  # of the grid, along each side, whose points move
    stroke: float = 0.0  # 1: up to a pixel thicker or thinner all round
    gamma: float = 0.0  # 0.3: greys up to e^0.3 darker or lighter by exponent
    mirror: bool = False

    def __call__(self, pictures: Any) -> Any:
        """Changed pictures, [n, 1, height, width] in 0–1 as they came."""
        if self.stroke:
            pictures = _restroked(pictures, self.stroke)
        pictures = nn.functional.grid_sample(pictures, self._grid(pictures), align_corners=False)
        if self.gamma:
            pictures = pictures.clamp(0, 1) ** torch.exp(_draw(len(pictures), 1, 1, 1) * self.gamma)
        return pictures

    def _grid(self, pictures: Any) -> Any:
        """Where each pixel comes from, [n, height, width, 2], in halves of the side."""
        count = len(pictures)
        angle, scale = torch.deg2rad(_draw(count) * self.turn), torch.exp(_draw(count, 2) * self.scale)
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
    """Uniform from -1 to 1."""
    return torch.rand(*shape) * 2 - 1
