"""docs/api.md agrees with the code."""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from model.image.alarms import REASONS
from server import errors
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()


def test_error_table_lists_every_status_and_reason() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| \S", TEXT, re.MULTILINE)
    documented = {(int(status), reason) for status, reason in rows}
    known = {(status, reason) for status, reasons in errors.reasons_by_status().items() for reason in reasons}
    assert sorted(known - documented) == [], "docs/api.md needs a row for each of these"
    assert sorted(documented - known) == [], "server/errors.py has none of these"
    assert len(rows) == len(documented)


def test_alarm_table_lists_every_reason() -> None:
    table = TEXT.partition("| alarm | when |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \| \S", table, re.MULTILINE)) == REASONS


def test_the_picture_in_json_is_made_without_options_that_only_gnu_has(tmp_path: Path) -> None:
    """macOS's base64 knows neither -w nor a file as its argument."""
    (command,) = re.findall(r"^\$ (curl .*\bbase64\b.*)$", TEXT, re.MULTILINE)
    picture = ROOT / "loadtest" / "pictures" / "digits" / "digit-7-1.png"
    shutil.copy(picture, tmp_path / "seven.png")
    for name, code in (("curl", 'for last; do :; done; printf %s "$last"'), ("base64", '[ $# = 0 ] && exec "$BASE64"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / name).chmod(0o755)
    found = shutil.which("base64")
    assert found
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "BASE64": found}
    sent = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert base64.b64decode(json.loads(sent.stdout)["image"]) == picture.read_bytes()
