"""Convert pictures, files or numbers, to the model's input."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import digit
from model.image.decode import COLOURED, MAX_PIXELS, ImageError, decode_image, parse_image
from model.image.formats import Encoded
from model.image.transforms import TRANSFORMS
from model.task import Picture
from server.errors import InvalidInput, ServingError, TooManyPixels, UnsupportedMediaType

MAX_TRANSFORMED = 64  # pictures of one request; transforming one takes some milliseconds

# Upper bound on the numbers fed to the model per request (1 MiB of FP32), because the cost of inference depends on the
# size of the tensor, not on that of the files.
MAX_INPUT_NUMBERS = 1 << 18

# Mean of the border below which, and contrast above which, an image is already in MNIST's form: the transform would
# return it unchanged and without a warning.
_MAX_BORDER, _MIN_CONTRAST = (digit.DARK - 1) / digit.WHITE, (digit.FAINT + 1) / digit.WHITE

Pixels = NDArray[np.float32]  # [height, width] or [height, width, channels], from 0 (black) to 1
Levels = NDArray[np.uint8]  # [height, width]
Items = Sequence[bytes | Pixels] | Pixels


class PreparedBatch(NamedTuple):
    """The model's input.

    Attributes:
        pictures: [n, height, width], from 0 (black) to 1 (white).
        warnings: Sentences about each picture.
    """

    pictures: NDArray[np.float32]
    warnings: list[tuple[str, ...]]


def prepare(picture: Picture, items: Items) -> PreparedBatch:
    """Prepare each item independently of the others. Raises ServingError."""
    unchanged, unchanged_pictures = _already_prepared(picture, items)
    others = sorted(set(range(len(items))) - set(unchanged))
    _check_count(picture, len(others))
    sources = _parse_files(items, others)
    prepared = np.empty((len(items), picture.height, picture.width), np.float32)
    prepared[unchanged] = unchanged_pictures
    warnings: list[tuple[str, ...]] = [()] * len(items)
    for index, source in zip(others, sources, strict=True):
        with error_context(index, len(items)):
            levels, of_conversion = decode_image(source) if isinstance(source, Encoded) else _grey_of_pixels(source)
        prepared[index], of_transform = TRANSFORMS[picture.transform](levels)
        warnings[index] = of_conversion + of_transform
    return PreparedBatch(prepared, warnings)


@contextmanager
def error_context(index: int, count: int) -> Iterator[None]:
    """Raise what is wrong with a picture as a refusal, which names the picture if there are several."""
    prefix = f"Picture {index}: " if count > 1 else ""
    try:
        yield
    except ImageError as error:
        raise _refusal(error, prefix + error.sentence) from error
    except (InvalidInput, TooManyPixels, UnsupportedMediaType) as error:
        error.sentence = prefix + error.sentence
        error.args = (error.sentence,)
        raise


def _grey_of_pixels(pixels: Pixels) -> tuple[Levels, tuple[str, ...]]:
    """Return the grey levels and warnings about the conversion."""
    levels = np.rint(pixels * 255).astype(np.uint8)
    if levels.ndim == 2:  # noqa: PLR2004 (rows, columns)
        return levels, ()
    if levels.shape[2] == 1:
        return levels[:, :, 0], ()
    picture = Image.fromarray(levels)
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("L")), (COLOURED,)


def _already_prepared(picture: Picture, items: Items) -> tuple[list[int], NDArray[np.float32]]:
    """Return the indices of the pictures that the transform would leave unchanged, and the pictures.

    A scan is never left unchanged. A stack of 1,000 digits takes milliseconds this way, not seconds.
    """
    size = (picture.height, picture.width)
    fitting = [index for index, item in enumerate(items) if not isinstance(item, bytes) and item.shape == size]
    if not fitting or picture.transform != "digit":
        return [], np.empty((0, *size), np.float32)
    stack = items if isinstance(items, np.ndarray) else np.stack([np.asarray(items[index]) for index in fitting])
    edges = (stack[:, 0], stack[:, -1], stack[:, :, 0], stack[:, :, -1])
    border = np.mean([edge.mean(axis=1) for edge in edges], axis=0)
    unchanged = (border < _MAX_BORDER) & (np.ptp(stack, axis=(1, 2)) > _MIN_CONTRAST)
    return np.array(fitting)[unchanged].tolist(), stack[unchanged]


def _check_count(picture: Picture, count: int) -> None:
    limit = max(1, min(MAX_TRANSFORMED, MAX_INPUT_NUMBERS // (picture.height * picture.width)))
    if count > limit:
        raise InvalidInput(
            f"The request has {count} pictures that must be converted to the model's form; the limit is {limit}. "
            "Send fewer per request.",
            "too_many_pictures",
        )


def _parse_files(items: Items, indices: Sequence[int]) -> list[Encoded | Pixels]:
    """Parse the headers of all files before any is decoded, so that the limit holds for their pixels together."""
    sources: list[Encoded | Pixels] = []
    pixels = 0
    for index in indices:
        item = items[index]
        if isinstance(item, bytes):
            with error_context(index, len(items)):
                item = parse_image(item)
            pixels += item.width * item.height
        sources.append(item)
    if pixels > MAX_PIXELS:
        raise TooManyPixels(
            f"The pictures have {pixels:,} pixels together; the limit is {MAX_PIXELS:,}. Send fewer per request."
        )
    return sources


def _refusal(error: ImageError, sentence: str) -> ServingError:
    match error.kind:
        case "unsupported":
            return UnsupportedMediaType(sentence)
        case "pixels":
            return TooManyPixels(sentence)
        case "broken":
            return InvalidInput(sentence, "picture_format")
