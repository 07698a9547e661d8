"""Render the whole page: as first opened, with one model's answer, or with a refusal."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from server.page.form import FormResult
from server.page.markup import Markup, element, join, render, template
from server.page.section import render_section
from server.predictor import Predictor
from server.settings import Settings

_DOCS = Markup('<p><a href="/docs">API documentation, with requests to try</a></p>')
_REFUSAL = Markup('<p class="refused" role="alert">{sentence} <a href="/">Start again.</a></p>')


class Page:
    """The page of these models."""

    def __init__(self, predictors: Sequence[Predictor], settings: Settings) -> None:
        self._predictors = predictors
        self._settings = settings

    def empty(self) -> Markup:
        """Return the page with a section for every model."""
        return self._page(map(render_section, self._predictors))

    def answered(self, result: FormResult) -> Markup:
        """Return the page with the section of the model that answered."""
        return self._page([render_section(*result)])

    def refused(self, sentence: str) -> Markup:
        return self._page([render(_REFUSAL, sentence=sentence)])

    def _page(self, sections: Iterable[Markup]) -> Markup:
        tasks = [model.task for model in self._predictors]
        links = (element("a", _short(model.task.title), f' href="/#{quote(model.name)}"') for model in self._predictors)
        return render(
            template("index"),
            title=" · ".join(["mlserving", *(task.title for task in tasks)]),
            max_body_bytes=self._settings.max_body_bytes,
            links=join(links),
            sections=join(sections),
            docs=_DOCS if self._settings.docs else Markup(""),
        )


def _short(title: str) -> str:
    """Return the title without a remark in brackets at its end."""
    return title.partition(" (")[0]
