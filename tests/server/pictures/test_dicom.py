"""DICOM files through every door of a real server: the answer is that of the pixels, and nothing of a header shows."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.model.image.dicom_files import (
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    PATIENT,
    RLE,
    by_hand,
    dicom,
    element,
    grey_header,
)
from tests.served import serving
from tests.server.pictures.images import BAR, BLOCK, base64, png

pytestmark = pytest.mark.slow

WINDOW: dict[str, Any] = {"WindowCenter": "2040.5", "WindowWidth": "4081"}  # from 0 to 16 × 255
SYNTAXES = (EXPLICIT, IMPLICIT, DEFLATED, RLE)
FILES = [dicom(BLOCK.astype(np.uint16) * 16, syntax, **WINDOW) for syntax in SYNTAXES]
NAME = element(0x00100010, b"PN", PATIENT.encode() + b" ")
REFUSED = {
    "another syntax": (by_hand(NAME, grey_header(8, 8), syntax="1.2.840.10008.1.2.4.90"), 415),
    "a name as the syntax": (by_hand(NAME, syntax=PATIENT), 415),
    "a name as the colours": (by_hand(grey_header(8, 8)[:-20], element(0x00280004, b"CS", PATIENT.encode())), 400),
    "a name as the window": (
        by_hand(grey_header(8, 8), element(0x00281050, b"DS", PATIENT.encode() + b" ")),
        400,
    ),
    "cut short": (FILES[0][:-100], 400),
    "huge": (by_hand(NAME, grey_header(60_000, 60_000), element(0x7FE00010, b"OW", bytes(128))), 413),
    "too many elements": (by_hand(NAME * 9_000, grey_header(8, 8)), 400),
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "server.log"


@pytest.fixture(scope="module")
def client(picture_folders: dict[str, Path], log: Path) -> Iterator[httpx.Client]:
    """A client of a server with an access log."""
    environment = {"MODEL_NAME": "ink", "MODEL_PATH": str(picture_folders["ink"])}
    with serving(environment, log) as served, httpx.Client(base_url=served.url) as http:
        yield http


def content(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    for part in PATIENT.split("^"):
        assert part not in answer.text
    return answer.json()


@pytest.mark.parametrize("file", FILES, ids=[syntax.keyword for syntax in SYNTAXES])
def test_every_way_to_send_a_file_gives_the_same_answer(client: httpx.Client, file: bytes) -> None:
    expected = content(client.post("/predict", content=png(BLOCK), headers={"content-type": "image/png"}))
    for kind in ("application/dicom", "application/octet-stream", "image/png"):
        assert content(client.post("/predict", content=file, headers={"content-type": kind})) == expected
    assert content(client.post("/predict", files={"image_file": ("a.dcm", file)})) == expected
    assert content(client.post("/predict", json={"image": base64(file)})) == expected
    assert content(client.post("/predict", json={"image": f"data:application/dicom;base64,{base64(file)}"})) == expected
    sent: dict[str, Any] = {"instances": [{"b64": base64(file)}, {"b64": base64(png(BAR))}]}
    assert content(client.post("/v1/models/ink:predict", json=sent))["predictions"][0] == expected
    tensor = {"name": "input", "datatype": "BYTES", "shape": [2], "data": [base64(file), base64(png(BAR))]}
    answer = content(client.post("/v2/models/ink/infer", json={"inputs": [tensor]}))
    assert answer["outputs"][0]["data"] == [expected["prediction"], 0]
    packed = struct.pack("<I", len(file)) + file
    head = {"name": "input", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(packed)}}
    written = json.dumps({"inputs": [head]}).encode()
    lengths = {"inference-header-content-length": str(len(written)), "content-type": "application/octet-stream"}
    answer = content(client.post("/v2/models/ink/infer", content=written + packed, headers=lengths))
    assert answer["outputs"][0]["data"] == [expected["prediction"]]


def test_no_answer_and_no_line_of_the_log_has_anything_of_a_header(client: httpx.Client, log: Path) -> None:
    for name, (file, status) in REFUSED.items():
        for kind in ("application/dicom", "application/octet-stream"):
            answer = content(client.post("/predict", content=file, headers={"content-type": kind}), status)
            assert set(answer) == {"error", "reason"}, name
        content(client.post("/v1/models/ink:predict", json={"instances": [{"b64": base64(file)}]}), status)
    assert content(client.post("/predict", files={"image_file": (f"{PATIENT}.dcm", FILES[0])}))["label"] == "much"
    lines = log.read_text()
    assert "/predict" in lines
    for part in (*PATIENT.split("^"), "pydicom"):
        assert part not in lines


def test_a_file_of_more_than_1_mib_is_taken_as_application_dicom(client: httpx.Client) -> None:
    large = dicom(np.kron(BLOCK, np.ones((30, 30), np.uint8)).astype(np.uint16) * 16, **WINDOW)
    assert len(large) > 1 << 20
    answer = content(client.post("/predict", content=large, headers={"content-type": "application/dicom"}))
    assert answer["label"] == "much"
    content(client.post("/predict", content=large, headers={"content-type": "application/octet-stream"}), 413)
