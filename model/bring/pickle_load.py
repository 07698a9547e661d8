"""Loads a pickle that may import and call only what `pickle_names` lists, whatever the scan of its opcodes missed."""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections import deque
from collections.abc import Collection
from importlib import import_module
from typing import Any, SupportsIndex

from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

from model.bring import pickle_names
from model.bring.pickle_names import in_python3
from model.bundle import BundleError

_CODE = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)


class RefusedName(BundleError):
    """The pickle uses a name in a way that is not allowed."""


def load(stream: io.BufferedReader, trusted: Collection[str] = ()) -> Any:
    """Load the first pickle of a stream, joblib's or any other. Raises whatever its classes raise."""
    return _Unpickler(stream, trusted).load()


class _Unpickler(NumpyUnpickler):  # type: ignore[misc]
    dispatch = NumpyUnpickler.dispatch.copy()

    def __init__(self, stream: io.BufferedReader, trusted: Collection[str]) -> None:
        super().__init__("", stream, ensure_native_byte_order=True)
        self.trusted = trusted
        self.callable: dict[int, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        module, name = in_python3(module, name, self.proto)
        use = pickle_names.use(module, name, self.trusted)
        if use is None:
            raise RefusedName(f"it imports {module}.{name}")
        found = getattr(import_module(module), name)
        # What is listed by its form must be at home there, not be imported there from anywhere.
        home = (getattr(found, "__module__", None) or "", getattr(found, "__name__", ""))
        if pickle_names.is_in_estimators(module) and not pickle_names.use(*home, self.trusted):
            raise RefusedName(f"it imports {module}.{name}")
        found = _REPLACED.get(found, found) if use == "call" else found
        if use == "call":
            self.callable[id(found)] = found
        return found

    def load_reduce(self) -> None:
        maker, arguments = self.stack[-2:]
        self._check_call(maker, arguments)
        NumpyUnpickler.load_reduce(self)

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self) -> None:
        self._check_call(*self.stack[-2:])
        NumpyUnpickler.load_newobj(self)

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self) -> None:
        self._check_call(*self.stack[-3:-1])
        NumpyUnpickler.load_newobj_ex(self)

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def _instantiate(self, maker: Any, arguments: list[Any]) -> None:
        self._check_call(maker, arguments)
        super()._instantiate(maker, arguments)

    def _check_call(self, maker: Any, arguments: Any) -> None:
        if id(maker) not in self.callable:
            raise RefusedName(f"it calls {_described(maker)}")
        if maker is bytearray and any(isinstance(argument, SupportsIndex) for argument in arguments):
            raise RefusedName("it makes a bytearray of a given length")  # of a few bytes, billions
        if isinstance(maker, type) or maker is _method:
            return
        for argument in arguments:  # a function may call what it is given
            if callable(argument) and not isinstance(argument, type) and id(argument) not in self.callable:
                raise RefusedName(f"it calls {_described(argument)}")

    def load_build(self) -> None:
        made, state = self.stack[-2:]
        if isinstance(made, _CODE):
            raise RefusedName(f"it changes {_described(made)}")
        _check_own(made, "__setstate__")
        _restore_source(made, state)
        NumpyUnpickler.load_build(self)

    dispatch[pickle.BUILD[0]] = load_build

    def load_append(self) -> None:
        self._check_list(self.stack[-2])
        NumpyUnpickler.load_append(self)

    dispatch[pickle.APPEND[0]] = load_append

    def load_appends(self) -> None:
        self._check_list(self.metastack[-1][-1])
        NumpyUnpickler.load_appends(self)

    dispatch[pickle.APPENDS[0]] = load_appends

    def load_additems(self) -> None:
        if not isinstance(self.metastack[-1][-1], set):
            raise RefusedName("it adds to what is not a set")
        NumpyUnpickler.load_additems(self)

    dispatch[pickle.ADDITEMS[0]] = load_additems

    def _check_list(self, made: Any) -> None:
        if not isinstance(made, list | deque):
            raise RefusedName("it appends to what is not a list")
        _check_own(made, "append")
        _check_own(made, "extend")


class _Array(NumpyArrayWrapper):  # type: ignore[misc]
    """Describes an array; joblib would load one of Python objects with pickle itself."""

    def read_array(self, unpickler: _Unpickler, ensure_native_byte_order: bool) -> Any:
        if self.dtype.hasobject:
            return load(unpickler.file_handle, unpickler.trusted)
        return super().read_array(unpickler, ensure_native_byte_order)


def _check_own(made: Any, method: str) -> None:
    """Refuse an object that has a method from the file in place of its class's: loading would call it."""
    if hasattr(made, method) and (not hasattr(type(made), method) or method in getattr(made, "__dict__", ())):
        raise RefusedName(f"it replaces {type(made).__name__}.{method}")


def _described(made: Any) -> str:
    """Return a name without asking an object from the file for its `repr`."""
    return made.__name__ if isinstance(made, _CODE) else f"a {type(made).__name__}"


def _is_distribution(made: Any) -> bool:
    module = sys.modules.get("scipy.stats._distn_infrastructure")
    return module is not None and isinstance(made, module.rv_generic)


def _method(distribution: Any, name: str) -> Any:
    """Return a method of a distribution: in place of getattr, as which a pickle has them."""
    function = getattr(type(distribution), name, None)
    if not _is_distribution(distribution) or not isinstance(function, types.FunctionType):
        raise RefusedName("it calls getattr")
    return types.MethodType(function, distribution)


def _restore_source(made: Any, state: Any) -> None:
    """Give a distribution of scipy.stats, which searches keep, its own source code: what its state has is executed.

    It is `_parse_arg_template` in `rv_generic.__setstate__` of SciPy 1.6 to 1.17.
    """
    if not _is_distribution(made):
        return
    if type(state) is not dict:
        raise RefusedName(f"it changes {_described(made)}")
    state["_parse_arg_template"] = type(made)()._parse_arg_template


_REPLACED = {NumpyArrayWrapper: _Array, getattr: _method}
