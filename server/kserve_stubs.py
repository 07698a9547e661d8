"""Leaves out what KServe imports for its Kubernetes client, for data frames and for language models.

Serving uses none of it; imported, it takes 45 MiB and a third of the time to start.
"""

import sys
from types import ModuleType

_LEFT_OUT = ("pandas", "kubernetes", "kserve.api.kserve_client")
_ABSENT = ("kserve.protocol.rest.openai.config",)  # KServe serves without it where it cannot be imported


class StubModule(ModuleType):
    """Stands for a module whose names KServe mentions, in annotations say, but does not use while it serves."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Unusable,), {"__module__": self.__name__})


class _Unusable:
    def __init__(self, *_: object, **__: object) -> None:
        raise ImportError(f"{type(self).__module__} is left out of the server.")


def stub_imports() -> None:
    """Call before kserve is imported."""
    for name in _LEFT_OUT:
        sys.modules.setdefault(name, StubModule(name))
    for name in _ABSENT:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to say: not to be imported
