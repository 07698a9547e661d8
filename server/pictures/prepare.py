"""Convert pictures, files or numbers, to the model's input."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.image.alarms import Alarm, Transformed
from model.image.decode import MAX_PIXELS, parse_image
from model.image.errors import ImageError
from model.image.formats import Encoded
from model.image.mnist_form import in_mnist_form
from model.image.transforms import transform_file, transform_levels
from model.task import Picture
from server.errors import InvalidInput, ServingError, TooManyPixels, UnsupportedMediaType

MAX_TRANSFORMED = 48  # pictures of one request; transforming one takes some milliseconds

# Parts of the headers of DICOM files, 10 µs each. A scan's has some 300; a request may have 16 scans.
MAX_HEADER_PARTS = 10_000

# Upper bound on the pixels fed to the model per request (1 MiB of grey FP32), because the cost of inference depends on
# the size of the tensor, not on that of the files; nor on the channels, of which a network makes some thirty at once.
MAX_INPUT_PIXELS = 1 << 18

Pixels = NDArray[np.float32]  # [height, width] or [height, width, channels], from 0 (black) to 1
Items = Sequence[bytes | Pixels] | Pixels


class PreparedBatch(NamedTuple):
    """The model's input.

    Attributes:
        pictures: [n, height, width] or [n, height, width, channels], from 0 (black) to 1 (white).
        notes: What was done to each picture, in sentences.
        alarms: Why not to trust the answer for each picture.
    """

    pictures: NDArray[np.float32]
    notes: list[tuple[str, ...]]
    alarms: list[tuple[Alarm, ...]]


def without_remarks(pictures: NDArray[np.float32]) -> PreparedBatch:
    """Return pictures that came in the model's own form."""
    return PreparedBatch(pictures, [()] * len(pictures), [()] * len(pictures))


def prepare(picture: Picture, items: Items) -> PreparedBatch:
    """Prepare each item independently of the others. Raises ServingError."""
    unchanged, unchanged_pictures = _already_prepared(picture, items)
    others = sorted(set(range(len(items))) - set(unchanged))
    _check_count(picture, len(others))
    sources = _parse_files(items, others)
    prepared = np.empty((len(items), *picture.shape), np.float32)
    prepared[unchanged] = unchanged_pictures
    notes: list[tuple[str, ...]] = [()] * len(items)
    alarms: list[tuple[Alarm, ...]] = [()] * len(items)
    for index, source in zip(others, sources, strict=True):
        with error_context(index, len(items)):
            prepared[index], notes[index], alarms[index] = _transformed(picture, source)
    return PreparedBatch(prepared, notes, alarms)


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


def _transformed(picture: Picture, source: Encoded | Pixels) -> Transformed:
    if isinstance(source, Encoded):
        return transform_file(picture, source)
    return transform_levels(picture, _levels(source))


def _levels(pixels: Pixels) -> NDArray[np.uint8]:
    return np.rint(pixels * 255).astype(np.uint8)


def _already_prepared(picture: Picture, items: Items) -> tuple[list[int], NDArray[np.float32]]:
    """Return the indices of the pictures that the transform would leave unchanged, and the pictures.

    A scan is never left unchanged. A stack of 1,000 digits takes milliseconds this way, not seconds.
    """
    size = picture.shape
    fitting = [index for index, item in enumerate(items) if not isinstance(item, bytes) and item.shape == size]
    if not fitting or picture.transform != "digit":
        return [], np.empty((0, *size), np.float32)
    stack = items if isinstance(items, np.ndarray) else np.stack([np.asarray(items[index]) for index in fitting])
    unchanged = in_mnist_form(_levels(stack))
    return np.array(fitting)[unchanged].tolist(), stack[unchanged]


def _check_count(picture: Picture, count: int) -> None:
    limit = max(1, min(MAX_TRANSFORMED, MAX_INPUT_PIXELS // (picture.height * picture.width)))
    if count > limit:
        raise InvalidInput(
            f"The request has {count} pictures that must be converted to the model's form; the limit is {limit}. "
            "Send fewer per request.",
            "too_many_pictures",
        )


def _parse_files(items: Items, indices: Sequence[int]) -> list[Encoded | Pixels]:
    """Parse the headers of all files before any is decoded, so that the limits hold for all files together."""
    sources: list[Encoded | Pixels] = []
    pixels = header_parts = 0
    for index in indices:
        item = items[index]
        if isinstance(item, bytes):
            with error_context(index, len(items)):
                item = parse_image(item)
            pixels += item.width * item.height
            header_parts += item.header_parts
            if header_parts > MAX_HEADER_PARTS:
                raise InvalidInput(
                    "The headers of the DICOM files have too many elements together. Send fewer files per request.",
                    "too_many_pictures",
                )
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
