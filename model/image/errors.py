"""The refusal of a file that is not decoded."""

from __future__ import annotations

from typing import Literal


class ImageError(ValueError):
    """A file that is not accepted; the message is a sentence for the caller."""

    def __init__(self, kind: Literal["unsupported", "pixels", "broken"], sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


def broken(name: str) -> ImageError:
    """Return the refusal of a file of a format that is read, but that cannot be decoded."""
    return ImageError("broken", f"The {name} file is broken or cut short. Send an intact one.")
