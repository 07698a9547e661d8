"""A real server of rows and pictures: which path takes which body, with which status."""

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.server.pictures.images import BAR, BLOCK, base64, jpeg, png, written

pytestmark = pytest.mark.slow

ROW = {"x": 3, "y": -1}
HIGH = {"label": "high", "prediction": 1, "probability": 0.8807971}
PNG = {"content-type": "image/png"}
GIF = written(Image.fromarray(BAR), "GIF")
PHOTO = png(np.random.default_rng(0).integers(0, 256, (1750, 1750), np.uint8))  # 3 MB
HUGE = written(Image.new("1", (6000, 5000)), "PNG")


def content(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_body_selects_the_model_where_the_path_names_none(both: httpx.Client) -> None:
    assert content(both.post("/predict", json=ROW)) == HIGH
    assert content(both.post("/predict/batch", json={"instances": [ROW]})) == {"predictions": [HIGH]}
    assert content(both.post("/predict", content=png(BLOCK), headers=PNG))["label"] == "much"
    assert content(both.post("/predict", json={"image": base64(png(BAR))}))["label"] == "little"
    for path in ("/predict/batch", "/prediction/batch"):
        assert content(both.post(path, json={"x": [BAR.tolist(), BLOCK.tolist()]})) == {"y": [0, 1]}
    assert content(both.post("/predict/img", files={"image_file": png(BLOCK)})) == {"y": "much"}


def test_every_model_has_paths_with_its_name(both: httpx.Client) -> None:
    assert content(both.post("/predict/sign", json=ROW)) == HIGH
    assert content(both.post("/predict/sign/batch", json={"instances": [ROW]})) == {"predictions": [HIGH]}
    for name in ("ink", "bulk"):
        for sent in (
            {"content": png(BLOCK), "headers": PNG},
            {"content": jpeg(BLOCK), "headers": {"content-type": "image/jpeg"}},
            {"files": {"image": ("../../x", png(BLOCK))}, "data": {"seen": "true"}},
            {"json": {"image": base64(png(BLOCK))}},
        ):
            assert content(both.post(f"/predict/{name}", **sent))["prediction"] == 1
            assert content(both.post(f"/predict/{name}/img", **sent))["y"] == "much"
        assert content(both.post(f"/predict/{name}/batch", json={"x": BLOCK.tolist()}))["y"] == [1]
        assert content(both.get(f"/v2/models/{name}/ready"))["ready"] is True


@pytest.mark.parametrize("path", ["/predict", "/predict/ink", "/predict/img"])
def test_a_photo_of_3_mb_is_taken_as_a_file(both: httpx.Client, path: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (PHOTO[start : start + 60_000] for start in range(0, len(PHOTO), 60_000))

    sent = (
        {"content": PHOTO, "headers": PNG},
        {"content": pieces(), "headers": PNG},
        {"files": {"image_file": PHOTO}},
        {"content": gzip.compress(PHOTO), "headers": {**PNG, "content-encoding": "gzip"}},
    )
    first, *others = [content(both.post(path, **one)) for one in sent]
    assert others == [first] * 3


def test_the_form_takes_a_photo_of_3_mb(both: httpx.Client) -> None:
    answer = both.post("/", files={"image_file": PHOTO}, data={"model": "ink"}, headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert 'class="label">No answer<' in answer.text  # it is noise, without any ink


@pytest.mark.parametrize("path", ["/predict", "/predict/ink", "/v1/models/ink:predict"])
def test_a_photo_of_3_mb_in_json_is_refused_with_the_way_to_send_it(both: httpx.Client, path: str) -> None:
    refused = content(both.post(path, json={"image": base64(PHOTO)}), 413)
    assert refused["reason"] == "body"
    assert "as a file, not in JSON, may have 10485760" in refused["error"]


def test_a_picture_over_the_limit_is_told_so_in_terms_of_pictures(both: httpx.Client) -> None:
    for sent in ({"content": bytes((10 << 20) + 1), "headers": PNG}, {"files": {"image": bytes(10 << 20)}}):
        refused = content(both.post("/predict", **sent), 413)
        assert refused == {"error": "The picture is over 10485760 bytes. Send a smaller one.", "reason": "body"}


def test_info_describes_each_model_under_its_name(both: httpx.Client) -> None:
    info = content(both.get("/info"))
    assert (info["model"], info["models"]) == ("sign", ["sign", "ink", "bulk"])
    assert content(both.get("/info/sign")) == info
    of_pictures = content(both.get("/info/ink"))
    assert of_pictures["picture"]["subject"] == "a stroke of ink"
    assert of_pictures["labels"] == ["little", "much"]
    assert "inputs" not in of_pictures
    assert "example" not in of_pictures


@pytest.mark.parametrize("document", [{}, [], 7, "x", False, {"z": 1}, {"images": ""}, [ROW]])
def test_a_body_for_no_model_is_refused_naming_the_forms_of_both(both: httpx.Client, document: Any) -> None:
    for path, forms in (
        ("/predict", ("the fields x, y (for sign)", 'JSON {"image": base64} (for ink)')),
        ("/predict/batch", ('{"instances": [row, …]} (for sign)', '{"x": [picture, …]} (for ink)')),
    ):
        sentence = content(both.post(path, json=document), 400)["error"]
        assert all(form in sentence for form in forms)


def test_a_body_for_one_kind_of_model_is_refused_with_what_is_wrong(both: httpx.Client) -> None:
    assert "lacks y" in content(both.post("/predict", json={"x": 1}), 400)["error"]
    assert "lacks y" in content(both.post("/predict/batch", json={"instances": [{"x": 1}]}), 400)["error"]
    assert "must be a number" in content(both.post("/predict", json={"x": "image", "y": "url"}), 400)["error"]
    assert "must be {" in content(both.post("/predict", json={"image": 7}), 400)["error"]
    assert (
        "not valid JSON"
        in content(both.post("/predict", content=b'{"image":', headers={"content-type": "application/json"}), 400)[
            "error"
        ]
    )
    assert "must be {" in content(both.post("/predict/batch", json={"x": 7}), 400)["error"]


@pytest.mark.parametrize("content_type", ["image/jpg", "Image/X-PNG", "image/pjpeg; charset=binary"])
def test_other_names_of_the_content_types_are_understood(both: httpx.Client, content_type: str) -> None:
    for path in ("/predict", "/predict/ink"):
        content(both.post(path, content=png(BLOCK), headers={"content-type": content_type}))


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/predict", "image/gif"),
        ("/predict", "text/plain"),
        ("/predict", "application/x-www-form-urlencoded"),
        ("/predict/ink", "image/webp"),
        ("/predict/ink", "application/pdf"),
        ("/predict/ink/img", ""),
        ("/predict/ink/batch", "image/png"),
        ("/predict/sign", "image/png"),
        ("/predict/batch", "image/png"),
    ],
)
def test_other_content_types_are_refused(both: httpx.Client, path: str, content_type: str) -> None:
    assert (
        "This path reads"
        in content(both.post(path, content=png(), headers={"content-type": content_type}), 415)["error"]
    )


@pytest.mark.parametrize(
    ("file", "status", "reason", "fact"),
    [
        (GIF, 415, "media_type", "a GIF"),
        (HUGE, 413, "pixels", "6000 × 5000 pixels"),
        (HUGE, 413, "pixels", "25 megapixels"),
        (HUGE, 413, "pixels", "65,500 pixels"),
        (png()[:-40], 400, "picture_format", "PNG"),
        (b"x", 400, "picture_format", ""),
        (b"", 400, "no_picture", "image_file"),
    ],
)
def test_unacceptable_files_are_refused_and_the_connection_stays_open(
    both: httpx.Client, file: bytes, status: int, reason: str, fact: str
) -> None:
    for path in ("/predict", "/predict/ink", "/predict/bulk/img"):
        answers = [both.post(path, content=file, headers=PNG) for _ in range(3)]
        for refusal in (content(answer, status) for answer in answers):
            assert refusal["reason"] == reason
            assert fact in refusal["error"]
        # A connection is closed now and then for renewal, but not every time.
        assert any(answer.headers.get("connection") != "close" for answer in answers)


def test_other_paths_return_404(both: httpx.Client) -> None:
    for path in ("/predict/sign/img", "/predict/none", "/predict/ink/", "/predict/ink/x", "/prediction", "/info/none"):
        content(both.post(path, content=png(), headers=PNG), 404)
    assert both.get("/predict/ink").headers["allow"] == "POST"


def test_metrics_name_routes_not_models(both: httpx.Client) -> None:
    content(both.post("/predict/ink", content=png(), headers=PNG))
    metrics = both.get("/metrics").text
    assert 'mlserving_requests_total{route="/predict/{model}",status="200"}' in metrics
    assert 'route="/predict/ink' not in metrics
    assert 'mlserving_refused_total{reason="pixels"}' in metrics
