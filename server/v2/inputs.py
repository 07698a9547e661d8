"""What the input tensors of rows and of pictures have in common: whose bytes are whose, and how many there may be."""

import msgspec

from server.errors import InvalidInput
from server.v2.request import InputTensor


def split(given: InputTensor, binary: memoryview) -> tuple[memoryview | None, memoryview]:
    """The tensor's own bytes, None where its data are in the JSON, and those after them. Raises InvalidInput."""
    size = given.parameters.binary_data_size if given.parameters else msgspec.UNSET
    if size is msgspec.UNSET:
        return None, binary
    if not 0 <= size <= len(binary) or (given.data and bytes(given.data) != b"null"):
        raise InvalidInput(f"Input {given.name}: binary_data_size must be its number of bytes, with no data beside it.")
    return binary[:size], binary[size:]


def refuse_left_over(binary: memoryview) -> None:
    """What stands behind the bytes of the last tensor. Raises InvalidInput."""
    if binary:
        raise InvalidInput(f"The binary part is {len(binary)} bytes longer than the inputs say.")


def disagreement(given: InputTensor) -> InvalidInput:
    return InvalidInput(f"Input {given.name}: data and shape disagree.")
