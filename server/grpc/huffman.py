"""Huffman's code, in which HPACK may write a string (RFC 7541, 5.2)."""

from collections.abc import Iterator

# RFC 7541, Appendix B: the length of each byte's code, "a" for 5 bits. The codes are canonical: they follow from these.
_CODE_LENGTHS = (
    "isxxxxxxxtzxxzxxxxxxxxzxxxxxxxxxbffhibdgffdgdbbbaaabbbbbbbcdkbhf"
    "ibccccccccccccccccccccccdcdioijbkabababbbaccbbbabcbaabccccckgjix"
    "prpprrrsrssssststtrstssssqrsrsstrqprrssqsrrtqrssqqrqsrssprrrsrrs"
    "vvporsruvvvwwvtuoqvwwvwtqqvvxwwwptpqrqqsrruuttvsvwvvwwwwwxwwwwwv"
)


class HpackError(Exception):
    """The fields cannot be decoded, and so none of the connection's later ones."""


def _codes() -> Iterator[tuple[str, int]]:
    """Return the code of each byte as a text of 0 and 1, with the byte."""
    code = length = 0
    for letter, byte in sorted((letter, byte) for byte, letter in enumerate(_CODE_LENGTHS)):
        its_length = ord(letter) - ord("a") + 5
        code <<= its_length - length
        length = its_length
        yield f"{code:0{length}b}", byte
        code += 1


def _steps() -> tuple[list[list[tuple[int, int]]], frozenset[int]]:
    """Return where four bits lead from each unfinished code, and at which of them a text may end.

    They lead to another one (-1 if to none), past a byte (-1 if past none). They pass one at most, as no code is
    shorter than five bits.
    """
    bytes_of = dict(_codes())
    unfinished = sorted({code[:end] for code in bytes_of for end in range(len(code))})
    numbers = {code: number for number, code in enumerate(unfinished)}  # the empty one, "", has the number 0

    def step(code: str, bits: int) -> tuple[int, int]:
        passed = -1
        for bit in f"{bits:04b}":
            code += bit
            if code in bytes_of:
                passed, code = bytes_of[code], ""
            elif code not in numbers:
                return -1, passed
        return numbers[code], passed

    ends = frozenset(numbers["1" * length] for length in range(8))  # a text is filled up with ones
    return [[step(code, bits) for bits in range(16)] for code in unfinished], ends


_STEPS, _ENDS = _steps()


def huffman(text: bytes) -> bytes:
    """Return what a text in Huffman's code stands for. Raises HpackError."""
    decoded = bytearray()
    state = 0
    for byte in text:
        for bits in (byte >> 4, byte & 15):
            state, passed = _STEPS[state][bits]
            if passed >= 0:
                decoded.append(passed)
            if state < 0:
                raise HpackError
    if state not in _ENDS:
        raise HpackError
    return bytes(decoded)
