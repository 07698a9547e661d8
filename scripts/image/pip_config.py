"""Print one pip configuration with what the host's files and PIP_* variables say about reaching an index.

The image build mounts it, so that neither an index's name nor a credential gets into a layer or the history.
"""

import configparser
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

KEPT = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
ALIASES = {"default-timeout": "timeout"}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def merge(files: Sequence[Path], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the kept settings in pip's order of precedence: later files win, then the environment."""
    parser = configparser.RawConfigParser()
    parser.read(files)
    found = {
        key: value for section in ("global", "install") if section in parser for key, value in parser[section].items()
    }
    found |= {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in environment.items()
        if name.startswith("PIP_")
    }
    found = {ALIASES.get(key, key): value for key, value in found.items()}
    return {key: found[key] for key in KEPT if found.get(key)}


def render(settings: Mapping[str, str]) -> str:
    """Return the settings as a pip configuration file."""
    separator = "\n  "  # a setting with several values spans several indented lines
    lines = [f"{key} = {separator.join(value.split())}" for key, value in settings.items()]
    return "\n".join(["[global]", *lines, ""])


def main() -> None:
    home = Path.home()
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    if chosen := os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(chosen))
    sys.stdout.write(render(merge(files, os.environ) | {"cert": CERTIFICATES}))


if __name__ == "__main__":
    main()
