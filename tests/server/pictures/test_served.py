"""A real server of rows and pictures: which path takes which body, with which status."""

from typing import Any

import httpx
import pytest
from PIL import Image

from tests.server.pictures.images import BAR, BLOCK, base64, jpeg, png, written

pytestmark = pytest.mark.slow

ROW = {"x": 3, "y": -1}
HIGH = {"label": "high", "prediction": 1, "probability": 0.8807971}
PNG = {"content-type": "image/png"}
GIF = written(Image.fromarray(BAR), "GIF")
HUGE = written(Image.new("1", (6000, 5000)), "PNG")


def said(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_without_a_name_the_body_says_which_model_is_asked(both: httpx.Client) -> None:
    assert said(both.post("/predict", json=ROW)) == HIGH
    assert said(both.post("/predict/batch", json={"instances": [ROW]})) == {"predictions": [HIGH]}
    assert said(both.post("/predict", content=png(BLOCK), headers=PNG))["label"] == "much"
    assert said(both.post("/predict", json={"image": base64(png(BAR))}))["label"] == "little"
    for path in ("/predict/batch", "/prediction/batch"):
        assert said(both.post(path, json={"x": [BAR.tolist(), BLOCK.tolist()]})) == {"y": [0, 1]}
    assert said(both.post("/predict/img", files={"image_file": png(BLOCK)})) == {"y": "much"}


def test_every_model_has_paths_of_its_name(both: httpx.Client) -> None:
    assert said(both.post("/predict/sign", json=ROW)) == HIGH
    assert said(both.post("/predict/sign/batch", json={"instances": [ROW]})) == {"predictions": [HIGH]}
    for name in ("ink", "bulk"):
        for sent in (
            {"content": png(BLOCK), "headers": PNG},
            {"content": jpeg(BLOCK), "headers": {"content-type": "image/jpeg"}},
            {"files": {"image": ("../../x", png(BLOCK))}, "data": {"seen": "true"}},
            {"json": {"image": base64(png(BLOCK))}},
        ):
            assert said(both.post(f"/predict/{name}", **sent))["prediction"] == 1
            assert said(both.post(f"/predict/{name}/img", **sent))["y"] == "much"
        assert said(both.post(f"/predict/{name}/batch", json={"x": BLOCK.tolist()}))["y"] == [1]
        assert said(both.get(f"/v2/models/{name}/ready"))["ready"] is True


def test_each_is_described_under_its_name(both: httpx.Client) -> None:
    info = said(both.get("/info"))
    assert (info["model"], info["models"]) == ("sign", ["sign", "ink", "bulk"])
    assert said(both.get("/info/sign")) == info
    of_pictures = said(both.get("/info/ink"))
    assert of_pictures["picture"]["subject"] == "a stroke of ink"
    assert of_pictures["labels"] == ["little", "much"]
    assert "inputs" not in of_pictures
    assert "example" not in of_pictures


@pytest.mark.parametrize("document", [{}, [], 7, "x", False, {"z": 1}, {"images": ""}, [ROW]])
def test_a_body_of_neither_kind_is_told_of_both(both: httpx.Client, document: Any) -> None:
    for path, forms in (
        ("/predict", ("the fields x, y (for sign)", 'JSON {"image": base64} (for ink)')),
        ("/predict/batch", ('{"instances": [row, …]} (for sign)', '{"x": [picture, …]} (for ink)')),
    ):
        sentence = said(both.post(path, json=document), 400)["error"]
        assert all(form in sentence for form in forms)


def test_a_body_of_one_kind_is_told_what_is_wrong_with_it(both: httpx.Client) -> None:
    assert "lacks y" in said(both.post("/predict", json={"x": 1}), 400)["error"]
    assert "lacks y" in said(both.post("/predict/batch", json={"instances": [{"x": 1}]}), 400)["error"]
    assert "must be a number" in said(both.post("/predict", json={"x": "image", "y": "url"}), 400)["error"]
    assert "must be {" in said(both.post("/predict", json={"image": 7}), 400)["error"]
    assert (
        "not valid JSON"
        in said(both.post("/predict", content=b'{"image":', headers={"content-type": "application/json"}), 400)["error"]
    )
    assert "must be {" in said(both.post("/predict/batch", json={"x": 7}), 400)["error"]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/predict", "image/gif"),
        ("/predict", "text/plain"),
        ("/predict", "application/x-www-form-urlencoded"),
        ("/predict/ink", "image/webp"),
        ("/predict/ink", "application/octet-stream"),
        ("/predict/ink/img", ""),
        ("/predict/ink/batch", "image/png"),
        ("/predict/sign", "image/png"),
        ("/predict/batch", "image/png"),
    ],
)
def test_another_content_type_is_refused(both: httpx.Client, path: str, content_type: str) -> None:
    assert (
        "This path reads" in said(both.post(path, content=png(), headers={"content-type": content_type}), 415)["error"]
    )


@pytest.mark.parametrize(
    ("file", "status", "sentence"),
    [
        (GIF, 415, "The picture is a GIF; send it as JPEG or PNG."),
        (
            HUGE,
            413,
            "The picture is 6000 × 5000 pixels; at most 25 megapixels are taken, and 65,500 pixels along a side.",
        ),
        (png()[:-40], 400, "broken or cut short"),
        (b"x", 400, "not a picture"),
        (b"", 400, "There is no picture"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_and_the_connection_stays(
    both: httpx.Client, file: bytes, status: int, sentence: str
) -> None:
    for path in ("/predict", "/predict/ink", "/predict/bulk/img"):
        answers = [both.post(path, content=file, headers=PNG) for _ in range(3)]
        assert all(sentence in said(answer, status)["error"] for answer in answers)
        # It renews a connection now and then, but not every time.
        assert any(answer.headers.get("connection") != "close" for answer in answers)


def test_there_is_nothing_at_other_paths(both: httpx.Client) -> None:
    for path in ("/predict/sign/img", "/predict/none", "/predict/ink/", "/predict/ink/x", "/prediction", "/info/none"):
        said(both.post(path, content=png(), headers=PNG), 404)
    assert both.get("/predict/ink").headers["allow"] == "POST"


def test_the_names_of_models_are_in_no_metric_of_requests(both: httpx.Client) -> None:
    said(both.post("/predict/ink", content=png(), headers=PNG))
    told = both.get("/metrics").text
    assert 'mlserving_requests_total{route="/predict/{model}",status="200"}' in told
    assert 'route="/predict/ink' not in told
    assert 'mlserving_refused_total{reason="pixels"}' in told
