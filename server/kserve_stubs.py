"""Replaces modules that KServe imports for its Kubernetes client, for data frames and for language models.

Serving uses none of them, except that scikit-learn needs data frames. They would take 45 MiB and a third of the time to
start.
"""

import sys
from types import ModuleType

_STUBBED = ("pandas", "kubernetes", "kserve.api.kserve_client")
_BLOCKED = ("kserve.protocol.rest.openai.config",)  # KServe serves without it if it cannot be imported


class StubModule(ModuleType):
    """Stands for a module whose names KServe mentions, in annotations for example, but does not use while serving."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Unusable,), {"__module__": self.__name__})


class _Unusable:
    def __init__(self, *_: object, **__: object) -> None:
        raise ImportError(f"{type(self).__module__} is not available in the server.")


def stub_imports(*, keep_pandas: bool = False) -> None:
    """Replace the modules, or all but pandas. Call this before kserve is imported."""
    for name in _STUBBED:
        if not (keep_pandas and name == "pandas"):
            sys.modules.setdefault(name, StubModule(name))
    for name in _BLOCKED:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's documented way to block an import
