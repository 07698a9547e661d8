"""Follows the opcodes of a pickle on a stack, without making any of its objects.

Only strings, numbers, tuples and what a subclass puts there are kept; anything else is UNKNOWN. What an opcode that
nobody cares for takes and leaves is in its documentation, which `pickletools` holds.
"""

from __future__ import annotations

import io
import pickletools
from types import SimpleNamespace
from typing import Any

UNKNOWN = object()

_LONGEST = 300  # characters of a string that is kept: no name is longer
_MARK = object()
_MARKED = pickletools.markobject


class PickleStack:
    """The stack and the memo of one pickle; an opcode NAME is handled by the method `_name`, if there is one."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.stream = stream
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.protocol = 0

    def run(self) -> None:
        """Follow the opcodes until the pickle ends. Raises errors of many kinds if it is damaged."""
        # Without `tell`, which genops would call at every opcode.
        source: Any = SimpleNamespace(read=self.stream.read, readline=self.stream.readline)
        steps = {opcode.name: getattr(self, f"_{opcode.name.lower()}", None) for opcode in pickletools.opcodes}
        for opcode, argument, _ in pickletools.genops(source):
            self.count()
            if step := steps[opcode.name]:
                step(argument)
            else:
                self._move(opcode, argument)

    def count(self) -> None:
        """Take note of one more opcode."""

    def set_items(self, items: list[Any]) -> None:
        """Take note of keys and values, in turn, that are put into the object on top of the stack."""

    def _move(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        """Take from the stack and put on it as the documentation of the opcode says."""
        before, after = opcode.stack_before, opcode.stack_after
        if _MARKED in before:
            self.to_mark()
            before = before[: before.index(_MARKED)]
        for _ in before:
            self.stack.pop()
        kept = isinstance(argument, int) or (isinstance(argument, str) and len(argument) <= _LONGEST)
        self.stack.extend([argument if kept else UNKNOWN] * len(after))

    def to_mark(self) -> list[Any]:
        items = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _proto(self, protocol: int) -> None:
        self.protocol = protocol

    def _mark(self, _: None) -> None:
        self.stack.append(_MARK)

    def _dup(self, _: None) -> None:
        self.stack.append(self.stack[-1])

    def _put(self, key: int) -> None:
        self.memo[key] = self.stack[-1]

    _binput = _long_binput = _put

    def _memoize(self, _: None) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _get(self, key: int) -> None:
        self.stack.append(self.memo[key])

    _binget = _long_binget = _get

    def _none(self, _: None) -> None:
        self.stack.append(None)

    def _empty_tuple(self, _: None) -> None:
        self.stack.append(())

    def _tuple(self, _: None) -> None:
        self.stack.append(tuple(self.to_mark()))

    def _tuple1(self, _: None) -> None:
        self.stack[-1:] = [(self.stack[-1],)]

    def _tuple2(self, _: None) -> None:
        self.stack[-2:] = [(self.stack[-2], self.stack[-1])]

    def _tuple3(self, _: None) -> None:
        self.stack[-3:] = [(self.stack[-3], self.stack[-2], self.stack[-1])]

    def _empty_dict(self, _: None) -> None:
        self.stack.append({})

    def _dict(self, _: None) -> None:
        items = self.to_mark()
        self.stack.append({})
        self.set_items(items)

    def _setitem(self, _: None) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def _setitems(self, _: None) -> None:
        self.set_items(self.to_mark())
