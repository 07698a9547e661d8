"""Which types a model may be made of without a word from its owner."""

from collections.abc import Iterable, Sequence

PACKAGES = ("numpy", "pandas", "scipy", "sklearn")
SCALARS = ("builtins.object", "builtins.bool", "builtins.int", "builtins.float", "builtins.str")
HARMLESS = (*SCALARS, "functools.partial")  # make_column_selector names scalars; skops lists what a partial calls, too


def untrusted(types: Iterable[str], trusted: Sequence[str]) -> list[str]:
    """Return the types that belong neither to PACKAGES nor to what the owner trusts.

    Args:
        types: Full names, such as "sklearn.tree._tree.Tree".
        trusted: Full names of types, or modules with everything in them.
    """
    allowed = (*PACKAGES, *HARMLESS, *trusted)
    return sorted({name for name in types if not any(f"{name}.".startswith(f"{root}.") for root in allowed)})
