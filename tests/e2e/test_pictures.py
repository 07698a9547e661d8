"""Predictions of digits and brain scans through the NodePort, from the pods that also predict rows."""

import re
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.cluster

PICTURES = ROOT / "loadtest" / "pictures"
LABELS = {"glioma": "glioma", "meningioma": "meningioma", "notumor": "no tumour", "pituitary": "pituitary tumour"}
GIF = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"
RESIDENT_MB = 200


@pytest.mark.parametrize("path", sorted(PICTURES.glob("digits/*.png")), ids=lambda path: path.stem)
def test_a_digit_is_recognised(deployed: Deployed, path: Path) -> None:
    answer = deployed.http.post("/predict/img", content=path.read_bytes(), headers={"content-type": "image/png"})
    assert answer.json()["y"] == path.stem.split("-")[1]


def test_scans_are_classified(deployed: Deployed) -> None:
    scans = sorted(PICTURES.glob("brain_mri/*.jpg"))
    correct = 0
    for scan in scans:
        answer = deployed.http.post("/predict/brain_mri", files={"image_file": (scan.name, scan.read_bytes())}).json()
        if answer["label"] is None:  # the model cannot tell
            assert [alarm["reason"] for alarm in answer["alarms"]] == ["inconclusive"]
            continue
        assert answer["probabilities"].keys() == set(LABELS.values())
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-3)
        correct += answer["label"] == LABELS[scan.stem.split("-")[1]]
    assert correct >= len(scans) - 1


def test_a_gif_returns_415_and_is_named(deployed: Deployed) -> None:
    answer = deployed.http.post("/predict/brain_mri", content=GIF, headers={"content-type": "image/png"})
    assert answer.status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE
    assert "GIF" in answer.json()["error"]


def test_the_page_loads_nothing_from_other_hosts(deployed: Deployed) -> None:
    page = deployed.http.get("/", headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page.text)


def test_all_models_fit_in_one_pod(deployed: Deployed) -> None:
    status = deployed.run("exec", deployed.pods()[0], "--", "cat", "/proc/1/status")
    (kib,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    assert int(kib) * 1024 <= RESIDENT_MB * 10**6
