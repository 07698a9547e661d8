"""A picture as a file says it is, before anything of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoded:
    width: int
    height: int
    burden: int  # bytes: what the decoder holds, or goes over time and again
    exif: bytes  # from the byte order on; empty where there is none
    essential: bytes  # the file without what does not decide how the picture looks
    animated: bool = False
