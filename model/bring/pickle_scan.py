"""Reads what a pickle would import and call from its opcodes, without loading it.

joblib writes the bytes of an array between two opcodes, after the object that describes it, so the
description is followed too and the bytes are skipped.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from model.bring import joblib_array, pickle_names
from model.bring.joblib_array import DamagedPickle
from model.bring.pickle_names import Name, in_python3
from model.bring.pickle_stack import UNKNOWN, PickleStack
from model.bundle import BundleError

VERSION = "_sklearn_version"  # what scikit-learn adds to the state of every estimator

_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_DAMAGE = (ValueError, EOFError, LookupError, TypeError, AttributeError, OverflowError, MemoryError, RecursionError)
_DEEPEST = 100_000  # objects on the stack: pickle puts the items of lists and dictionaries there by the thousand
_WANTED = {"shape", "dtype", "numpy_array_alignment_bytes"}  # of the description of an array


@dataclass
class Scan:
    """What was found in a file.

    Attributes:
        names: Every name that is imported.
        refused: What is imported or called without being allowed, in the order of the file.
        versions: The versions of scikit-learn that wrote the estimators.
        pickles: How many pickles the file holds, one behind the other.
        opcodes: How many opcodes were read.
        unpacked: How many bytes the file has when it is not compressed.
    """

    names: set[Name] = field(default_factory=set)
    refused: dict[str, None] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)
    pickles: int = 0
    opcodes: int = 0
    unpacked: int = 0


@dataclass
class _Made:
    """An object that a call would make: of a class or by a function, whose name is None if the pickle computes it."""

    name: Name | None
    arguments: Any
    state: Any = None


def scan(stream: io.BufferedReader, trusted: Collection[str] = (), most: int = 1 << 30) -> Scan:
    """Follow all pickles of a stream.

    Args:
        stream: The uncompressed bytes.
        trusted: Modules all of whose names may be imported and called.
        most: How many opcodes to read at most.

    Raises:
        DamagedPickle: The bytes are not a pickle, or not a whole one.
        BundleError: The stream cannot be read further.
    """
    found = Scan()
    try:
        while not found.pickles or stream.peek(1):
            _Machine(stream, found, trusted, most).run()
            found.pickles += 1
    except BundleError:
        raise
    except _DAMAGE as error:
        if not found.pickles:
            raise DamagedPickle(str(error)) from error
        found.pickles += 1  # whatever it is that follows
    return found


class _Machine(PickleStack):
    """Follows one pickle and takes note of what it imports and calls."""

    def __init__(self, stream: io.BufferedReader, found: Scan, trusted: Collection[str], most: int) -> None:
        super().__init__(stream)
        self.found, self.trusted, self.most = found, trusted, most

    def count(self) -> None:
        self.found.opcodes += 1
        if self.found.opcodes > self.most:
            raise DamagedPickle("it has far more opcodes than a file of its size can need")
        if len(self.stack) > _DEEPEST:
            raise DamagedPickle("it is nested far deeper than what a model consists of")

    def set_items(self, items: list[Any]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str):
                continue
            if key == VERSION and isinstance(value, str):
                self.found.versions.add(value)
            if key in _WANTED and isinstance(self.stack[-1], dict):
                self.stack[-1][key] = value

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(self._import(module, name))

    def _stack_global(self, _: None) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise DamagedPickle("a name in it is not a string")
        self.stack.append(self._import(module, name))

    def _import(self, module: str, name: str) -> Name:
        found = in_python3(module, name, self.protocol)
        self.found.names.add(found)
        if not pickle_names.use(*found, self.trusted):
            self.found.refused[str(found)] = None
        return found

    def _inst(self, argument: str) -> None:
        arguments = tuple(self.to_mark())
        module, _, name = argument.partition(" ")
        self._call(self._import(module, name), arguments)

    def _obj(self, _: None) -> None:
        maker, *arguments = self.to_mark()
        self._call(maker, tuple(arguments))

    def _reduce(self, _: None) -> None:
        arguments, maker = self.stack.pop(), self.stack.pop()
        self._call(maker, arguments)

    _newobj = _reduce

    def _newobj_ex(self, _: None) -> None:
        self.stack.pop()  # arguments by name
        self._reduce(None)

    def _call(self, maker: Any, arguments: Any) -> None:
        if not isinstance(maker, Name):
            self.found.refused["a call of something that it makes itself"] = None
        elif str(maker) == "builtins.getattr" and not _is_method(arguments):
            self.found.refused[str(maker)] = None
        elif pickle_names.use(*maker, self.trusted) == "keep":
            self.found.refused[f"{maker}()"] = None
        self.stack.append(_Made(maker if isinstance(maker, Name) else None, arguments))

    def _ext1(self, code: int) -> None:
        self.found.refused[f"the extension {code} of copyreg"] = None
        self.stack.append(UNKNOWN)

    _ext2 = _ext4 = _ext1

    def _persid(self, _: str) -> None:
        self.found.refused["an object that is not in the file"] = None
        self.stack.append(UNKNOWN)

    def _binpersid(self, _: None) -> None:
        self.stack.pop()
        self._persid("")

    def _build(self, _: None) -> None:
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, Name):
            self.found.refused[f"a change of {made}"] = None
        if isinstance(made, _Made):
            made.state = state
            if _class(made) == _WRAPPER:
                self.stack[-1] = UNKNOWN
                self._skip_array(state)

    def _skip_array(self, described: dict[str, Any]) -> None:
        size, has_objects = joblib_array.item(described["dtype"].arguments[0], described["dtype"].state)
        if has_objects:
            _Machine(self.stream, self.found, self.trusted, self.most).run()
        else:
            aligned = described.get("numpy_array_alignment_bytes") is not None
            joblib_array.skip(self.stream, size * math.prod(described["shape"]), aligned=aligned)


def _is_method(arguments: Any) -> bool:
    """Return whether getattr is called for a method of a distribution of scipy.stats, which searches keep."""
    made, *_ = arguments
    return isinstance(made, _Made) and _class(made).startswith("scipy.stats.")


def _class(made: _Made) -> str:
    """Return the class of an object; before protocol 2 it is an argument of a function."""
    if str(made.name) == "copyreg._reconstructor":
        return str(made.arguments[0])
    return str(made.name)
