"""All models → the whole page: as first asked for, with an answer, or with a refusal."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from server.page.fill import NOTHING, Html, element, fill, joined
from server.page.form import Asked
from server.page.sections import section
from server.predictor import Predictor
from server.settings import Settings

_DOCS = Html('<p><a href="/docs">Every request that the server answers, to try</a></p>')


class Page:
    """The page of these models."""

    def __init__(self, predictors: Sequence[Predictor], settings: Settings) -> None:
        self._predictors = predictors
        self._settings = settings

    def empty(self) -> Html:
        return self._page(map(section, self._predictors))

    def answered(self, asked: Asked) -> Html:
        """The model asked alone, with what it said."""
        return self._page([section(*asked)])

    def refused(self, sentence: str) -> Html:
        return self._page([fill("refusal", sentence=sentence)])

    def _page(self, sections: Iterable[Html]) -> Html:
        links = (element("a", _short(model.task.title), f' href="/#{quote(model.name)}"') for model in self._predictors)
        return fill(
            "index",
            title=" · ".join(["mlserving", *(model.task.title for model in self._predictors)]),
            max_body_bytes=self._settings.max_body_bytes,
            links=joined(links),
            sections=joined(sections),
            docs=_DOCS if self._settings.docs else NOTHING,
        )


def _short(title: str) -> str:
    """Without what stands in brackets at its end."""
    return title.partition(" (")[0]
