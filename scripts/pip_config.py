"""Print what the host's pip configuration says about reaching an index: its files, and the PIP_* variables.

Without arguments it is one pip configuration, which the image build mounts, so that neither an index's name nor a
credential gets into a layer or the history. With `uv` it is lines of shell that export the same for uv.
"""

import configparser
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

KEPT = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
ALIASES = {"default-timeout": "timeout"}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "no-index": "UV_NO_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
}


def config_files(
    environment: Mapping[str, str], home: Path, system: str = sys.platform, prefix: str = sys.prefix
) -> list[Path]:
    """Return the files that pip reads, in its order: the machine's, the user's, the environment's, the chosen one.

    pip is not asked for them, because the Python that makes an image may lack it, as Debian's does.
    """
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    library = Path("Library/Application Support/pip")
    if system == "darwin":
        machine = ["/" / library]
        user = home / (library if (home / library).is_dir() else ".config/pip")
    else:
        shared = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        machine = [*(Path(folder) / "pip" for folder in shared.split(os.pathsep)), Path("/etc")]
        user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip"
    users = [] if chosen and Path(chosen).exists() else [home / ".pip", user]
    found = [folder / "pip.conf" for folder in (*machine, *users, Path(prefix))]
    return [*found, Path(chosen)] if chosen else found


def merge(files: Sequence[Path], environment: Mapping[str, str], kept: Sequence[str] = KEPT) -> dict[str, str]:
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
    return {key: found[key] for key in kept if found.get(key)}


def render(settings: Mapping[str, str]) -> str:
    """Return the settings as a pip configuration file."""
    separator = "\n  "  # a setting with several values spans several indented lines
    lines = [f"{key} = {separator.join(value.split())}" for key, value in settings.items()]
    return "\n".join(["[global]", *lines, ""])


def export(settings: Mapping[str, str]) -> str:
    """Return shell code that exports the settings as uv's variables."""
    found = {name: " ".join(settings[key].split()) for key, name in UV.items() if key in settings}
    if "UV_FIND_LINKS" in found:  # pip only warns of a folder that does not exist
        found["UV_FIND_LINKS"] = ",".join(filter(_exists, found["UV_FIND_LINKS"].split()))
    if "UV_INDEX" in found:  # pip looks in all indexes; the lock's hashes say which file is meant
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in found.items() if value)


def _exists(place: str) -> bool:
    return "://" in place or Path(place).exists()


def main(form: str = "pip") -> None:
    read = config_files(os.environ, Path.home())
    if form == "uv":
        sys.stdout.write(export(merge(read, os.environ, tuple(UV))))
    else:
        sys.stdout.write(render(merge(read, os.environ) | {"cert": CERTIFICATES}))


if __name__ == "__main__":
    main(*sys.argv[1:])
