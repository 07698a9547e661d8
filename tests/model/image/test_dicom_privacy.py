"""Nothing of a header reaches the log, however odd the header is."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.model.image.dicom_files import IMPLICIT, PATIENT, by_hand, dicom, element, grey_header

VALUES = np.arange(600, dtype=np.uint16).reshape(20, 30)

LOGGED = """
import logging, sys
from pathlib import Path
from typing import Any
from model.image.decode import read_image
from model.image.errors import ImageError
logging.basicConfig(level=logging.DEBUG)
assert "pydicom" not in sys.modules
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read_image(path.read_bytes())
    except ImageError as error:
        print(error.sentence)
assert "pydicom" in sys.modules
"""


@pytest.mark.slow
def test_nothing_of_a_header_is_logged_and_only_a_dicom_file_imports_pydicom(tmp_path: Path) -> None:
    named = element(0x00100010, b"PN", PATIENT.encode() + b" ")
    files = {
        "good": dicom(VALUES),
        "switched to another form": by_hand(named, syntax=IMPLICIT),
        "an unknown character set": by_hand(element(0x00080005, b"CS", PATIENT.encode() + b" "), grey_header(8, 8)),
        "an unknown type": by_hand(named.replace(b"PN", b"Do", 1), grey_header(8, 8)),
        "another syntax": by_hand(named, syntax=PATIENT),
        "a name as the colours": by_hand(element(0x00280004, b"CS", PATIENT.encode() + b" ")),
        "a name as the window": by_hand(grey_header(8, 8), element(0x00281050, b"DS", PATIENT.encode() + b" ")),
        "no number": by_hand(element(0x00280010, b"US", PATIENT.encode() + b" "), grey_header(8, 8)),
        "cut short": dicom(VALUES)[:-500],
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-W", "default", "-c", LOGGED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) > 5
    for part in PATIENT.split("^"):
        assert part not in done.stdout
        assert part not in done.stderr
    assert "pydicom" not in done.stderr
