"""The plain protocol and KServe's V1 for pictures: a file, or arrays of pixels, in; JSON out."""

from typing import Any

from model.task import Picture
from server.errors import InvalidInput
from server.pictures import batch, v1
from server.pictures.request import Sent
from server.pictures.result import Judged, judge, written
from server.predictor import Predictor


class Plain:
    """ModelOutput for one model. Each method raises ServingError."""

    def __init__(self, predictor: Predictor, picture: Picture) -> None:
        self._predictor = predictor
        self._picture = picture

    def predict(self, sent: Sent) -> bytes:
        """POST /predict: one picture → one answer object."""
        return written(self._judged(sent).described(0, seen=sent.seen))

    def predict_img(self, sent: Sent) -> bytes:
        """POST /predict/img: one picture → {"y": its label}."""
        judged = self._judged(sent)
        described = judged.described(0, seen=sent.seen)
        kept = ["warnings"] * bool(judged.warnings[0]) + ["probabilities"] * sent.probabilities + ["seen"] * sent.seen
        return written({"y": described["label"]} | {name: described[name] for name in kept})

    def predict_batch(self, body: bytes) -> bytes:
        """POST /predict/batch: {"x": pictures} → {"y": [class, …]}."""
        sent = batch.read(body)
        judged = judge(self._predictor, self._picture, sent.pictures)
        answer: dict[str, Any] = {"y": judged.predictions}
        if sent.probabilities:
            answer["probabilities"] = judged.probabilities
        if any(judged.warnings):
            answer["warnings"] = [
                f"Picture {index}: {sentence}" if len(judged.warnings) > 1 else sentence
                for index, said in enumerate(judged.warnings)
                for sentence in said
            ]
        return written(answer)

    def predict_v1(self, body: bytes) -> bytes:
        """POST /v1/models/NAME:predict: {"instances": [picture, …]} → {"predictions": [answer object, …]}."""
        judged = judge(self._predictor, self._picture, v1.read(body))
        return written({"predictions": [judged.described(index) for index in range(len(judged.pictures))]})

    def _judged(self, sent: Sent) -> Judged:
        if sent.url:
            raise InvalidInput("The link is too long; send the picture itself.")
        return judge(self._predictor, self._picture, [sent.data])
