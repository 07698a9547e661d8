"""Values of environment variables. A bad one is refused by the variable's name."""

import re
from collections.abc import Mapping


class SettingsError(ValueError):
    """A bad environment variable. The message says which one and what to do."""


def whole_number(environment: Mapping[str, str], name: str, default: int, allowed: range) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) not in allowed:
        raise SettingsError(f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}, not {text!r}.")
    return int(text)


def switch(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower() or "off"
    if text not in ("on", "off"):
        raise SettingsError(f"{name} must be on or off, not {text!r}.")
    return text == "on"
