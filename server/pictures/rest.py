"""The REST and V1 predictions of a model of pictures."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from model.task import Picture
from server.errors import BadLink
from server.pictures.batch import decode_batch
from server.pictures.request import ImageRequest, decode_link_request, decode_request
from server.pictures.result import Classification, classify, to_json
from server.pictures.v1 import decode_instances
from server.predictor import Predictor
from server.response import Response
from server.route import Headers, Link

REMARKS = ("notes", "alarms", "warnings")


class RestHandlers:
    """Answers REST and V1 requests for one model. Each method raises ServingError."""

    def __init__(self, predictor: Predictor, picture: Picture) -> None:
        self._predictor = predictor
        self._picture = picture

    def predict(self, request: ImageRequest) -> Response:
        """POST /predict: one picture → one answer object."""
        return Response(to_json(self._classify_one(request).to_dict(0, preview=request.preview)))

    def predict_img(self, request: ImageRequest) -> Response:
        """POST /predict/img: one picture → {"y": its label}, with only those other fields that were asked for."""
        full = self._classify_one(request).to_dict(0, preview=request.preview)
        answer = {"y": full["label"]} | {name: full[name] for name in REMARKS if full[name]}
        if request.probabilities:
            answer["probabilities"] = full["probabilities"]
        if request.preview:
            answer["seen"] = full["seen"]
        return Response(to_json(answer))

    def predict_batch(self, body: bytes, _headers: Headers) -> Response:
        """POST /predict/batch: {"x": pictures} → {"y": [class, …]}."""
        request = decode_batch(body)
        classification = classify(self._predictor, self._picture, request.pictures)
        answer: dict[str, Any] = {"y": _answered(classification, classification.predictions)}
        if request.probabilities:
            answer["probabilities"] = _answered(classification, classification.probabilities)
        if any(classification.notes):
            answer["notes"] = classification.notes
        if any(classification.alarms):
            answer["alarms"] = [[alarm._asdict() for alarm in alarms] for alarms in classification.alarms]
        if any(warnings := classification.warnings):
            answer["warnings"] = _numbered(warnings)
        return Response(to_json(answer))

    def predict_v1(self, body: bytes, _headers: Headers) -> Response:
        """POST /v1/models/NAME:predict: {"instances": [picture, …]} → {"predictions": [answer object, …]}."""
        classification = classify(self._predictor, self._picture, decode_instances(body))
        answers = [classification.to_dict(index) for index in range(len(classification.pictures))]
        return Response(to_json({"predictions": answers}))

    def _classify_one(self, request: ImageRequest) -> Classification:
        if request.url:  # short links are fetched before the request comes here
            raise BadLink("The link is too long. Send the picture itself.")
        return classify(self._predictor, self._picture, [request.data])


def handle_one(predict: Callable[[ImageRequest], Response], body: bytes, headers: Headers) -> Response:
    """Predict the picture in a body of any of the content types of a picture. Raises ServingError."""
    return predict(decode_request(body, headers))


def extract_link(predict: Callable[[ImageRequest], Response], body: bytes, headers: Headers) -> Link | None:
    """Return the link in a body, and what answers once its picture is here; None if there is none."""
    request = decode_link_request(body, headers)
    if request is None:
        return None
    return Link(request.url, lambda data: predict(request._replace(data=data, url="")))


def _answered(classification: Classification, values: NDArray[Any]) -> NDArray[Any] | list[Any]:
    """Return the values, [n] or [n, classes], with None for each picture that gets no answer."""
    unanswered = classification.unanswered
    if not unanswered:
        return values
    answers: list[Any] = values.tolist() if values.ndim == 1 else list(values)
    for index in unanswered:
        answers[index] = None
    return answers


def _numbered(warnings: list[tuple[str, ...]]) -> list[str]:
    """Return all warnings in one list, naming the picture if there are several."""
    if len(warnings) == 1:
        return list(warnings[0])
    return [f"Picture {index}: {sentence}" for index, sentences in enumerate(warnings) for sentence in sentences]
