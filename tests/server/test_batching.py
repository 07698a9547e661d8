"""Requests that wait for scikit-learn at the same time are predicted in one call."""

import asyncio
import gc
import json
import math
import weakref
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, scale

from server.batching import Batcher
from server.errors import DeadlinePassed, InvalidInput, Overloaded
from server.http.service_times import Work
from server.http.worker import ClientDisconnected, WorkerQueue
from server.predictor import Predictor
from server.response import Response
from server.row_independence import batcher_for
from server.rows.rest import decode_v1
from tests.server import pipelines
from tests.server.pipelines import SquareRoot

WORK = Work("rows", 100)


async def never() -> None:
    await asyncio.sleep(60)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Predictor]:
    SquareRoot.go_on.set()
    predictor = Predictor("root", pipelines.root(tmp_path / "root"))
    predictor.load()
    SquareRoot.calls.clear()
    yield predictor
    SquareRoot.go_on.set()


class Asking:
    """Callers of one model on one queue."""

    def __init__(self, predictor: Predictor, size: int = 100, max_rows: int = 100) -> None:
        self.predictor = predictor
        self.queue = WorkerQueue(size)
        self.batcher = Batcher(predictor, max_rows)

    def ask(
        self, *values: float, deadline: float = math.inf, leaving: asyncio.Event | None = None
    ) -> Awaitable[Response]:
        request = decode_v1(self.predictor, json.dumps({"instances": [[value] for value in values]}).encode(), {})
        return asyncio.ensure_future(
            self.batcher.answer(request, WORK, self.queue, deadline, leaving.wait if leaving else never)
        )

    async def answers(self, *asked: Awaitable[Response]) -> list[list[float] | BaseException]:
        answered = await asyncio.gather(*asked, return_exceptions=True)
        return [one if isinstance(one, BaseException) else json.loads(one.body)["predictions"] for one in answered]

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Awaitable[Response]]:
        """Hold a call that predicts 0 while others ask."""
        SquareRoot.go_on.clear()
        SquareRoot.started.clear()
        first = self.ask(0)
        await asyncio.to_thread(SquareRoot.started.wait, 10)
        yield first
        await asyncio.sleep(0.01)  # so that all have asked
        SquareRoot.go_on.set()


def test_callers_who_wait_are_predicted_in_one_call_each_with_its_own_answer(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root)
        async with asking.held() as first:
            others = [asking.ask(float(value)) for value in range(1, 32)]
        answered = await asking.answers(first, *others)
        assert answered == [[math.sqrt(value)] for value in range(32)]
        assert list(map(len, SquareRoot.calls)) == [1, 31]
        assert asking.queue.length == 0

    asyncio.run(scenario())


def test_a_caller_alone_is_predicted_at_once(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root)
        for _ in range(3):
            assert await asking.answers(asking.ask(9)) == [[3.0]]
        assert SquareRoot.calls == [[9.0]] * 3

    asyncio.run(scenario())


def test_requests_of_several_rows_are_joined_in_order_up_to_the_most_rows_of_a_call(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root, max_rows=4)
        async with asking.held() as first:
            others = [asking.ask(1, 4), asking.ask(9), asking.ask(16, 25), asking.ask(*range(6)), asking.ask(36)]
        answered = await asking.answers(first, *others)
        assert answered[1:4] == [[1, 2], [3], [4, 5]]
        assert answered[5] == [6]
        assert SquareRoot.calls == [[0], [1, 4, 9], [16, 25], [0, 1, 2, 3, 4, 5], [36]]

    asyncio.run(scenario())


@pytest.mark.parametrize("bad", [-1.0, pipelines.UNPREDICTABLE])
def test_a_bad_row_does_not_spoil_its_neighbours(root: Predictor, bad: float) -> None:
    async def scenario() -> None:
        asking = Asking(root)
        async with asking.held() as first:
            others = [asking.ask(4), asking.ask(bad), asking.ask(9), asking.ask(16, bad, 16), asking.ask(25)]
        answered = await asking.answers(first, *others)
        assert [answered[place] for place in (0, 1, 3, 5)] == [[0], [2], [3], [5]]
        for place in (2, 4):
            error = answered[place]
            assert isinstance(error, InvalidInput)
            assert error.reason == "value_range"
        assert ("Row 1: " in str(answered[4])) == (bad == -1)

    asyncio.run(scenario())


def test_a_caller_who_leaves_is_not_predicted_and_frees_its_place(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root)
        leaving = asyncio.Event()
        async with asking.held() as first:
            others = [asking.ask(4), asking.ask(9, leaving=leaving), asking.ask(16)]
            await asyncio.sleep(0)
            leaving.set()
            await asyncio.sleep(0.01)
            assert asking.queue.length == 3
        answered = await asking.answers(first, *others)
        assert isinstance(answered[2], ClientDisconnected)
        assert SquareRoot.calls == [[0], [4, 16]]

    asyncio.run(scenario())


def test_callers_who_have_left_hold_no_places_against_the_next(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root, size=32)
        leaving = asyncio.Event()
        async with asking.held() as first:
            others = [asking.ask(4, leaving=leaving) for _ in range(31)]
            await asyncio.sleep(0.01)
            assert asking.queue.length == 32
            leaving.set()
            following = asking.ask(9)
        answered = await asking.answers(first, *others, following)
        assert answered[-1] == [3]

    asyncio.run(scenario())


def test_a_caller_who_leaves_during_the_call_leaves_the_others_their_answers(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root)
        leaving = asyncio.Event()
        SquareRoot.go_on.clear()
        SquareRoot.started.clear()
        first = asking.ask(9, leaving=leaving)
        await asyncio.to_thread(SquareRoot.started.wait, 10)
        second = asking.ask(4)
        leaving.set()
        await asyncio.sleep(0.01)
        SquareRoot.go_on.set()
        gone, answered = await asking.answers(first, second)
        assert isinstance(gone, ClientDisconnected)
        assert answered == [2]

    asyncio.run(scenario())


def test_a_call_does_not_begin_after_the_deadline(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root)
        async with asking.held() as first:
            others = [asking.ask(4), asking.ask(9, deadline=0.0)]
        answered = await asking.answers(first, *others)
        assert isinstance(answered[2], DeadlinePassed)
        assert SquareRoot.calls == [[0], [4]]
        assert await asking.answers(asking.ask(1, deadline=0.0), asking.ask(16)) != [[1], [4]]
        assert SquareRoot.calls == [[0], [4], [16]]

    asyncio.run(scenario())


def test_full_queue_refuses_with_retry_after(root: Predictor) -> None:
    async def scenario() -> None:
        asking = Asking(root, size=3)
        async with asking.held() as first:
            others = [asking.ask(4), asking.ask(9), asking.ask(16)]
            await asyncio.sleep(0.01)
            assert asking.queue.length == 3
        answered = await asking.answers(first, *others)
        assert answered[:3] == [[0], [2], [3]]
        assert isinstance(answered[3], Overloaded)
        assert answered[3].headers == {"retry-after": "1"}
        assert await asking.answers(asking.ask(16)) == [[4]]

    asyncio.run(scenario())


def test_an_error_is_freed_without_garbage_collection(root: Predictor) -> None:
    async def scenario() -> weakref.ref[InvalidInput]:
        asking = Asking(root)
        request = decode_v1(root, b'{"instances":[[13.5]]}', {})
        try:
            await asking.batcher.answer(request, WORK, asking.queue, math.inf, never)
        except InvalidInput as error:
            freed = weakref.ref(error)
        await asyncio.wrap_future(asking.queue.submit(lambda: None))  # the worker thread has forgotten it
        return freed

    gc.disable()
    try:
        assert asyncio.run(scenario())() is None
    finally:
        gc.enable()


def test_a_pipeline_whose_rows_change_each_other_is_asked_alone(tmp_path: Path) -> None:
    """A function may look at the whole column."""
    rows = [[0.0], [1.0], [5.0]]
    centring = make_pipeline(FunctionTransformer(scale), LinearRegression()).fit(rows, [0, 1, 2])
    apart = make_pipeline(FunctionTransformer(np.abs), LinearRegression()).fit(rows, [0, 1, 2])
    for name, pipeline in (("centring", centring), ("apart", apart)):
        predictor = Predictor(name, pipelines.saved(tmp_path / name, pipeline, name))
        predictor.load()
        assert (batcher_for(predictor) is not None) == (name == "apart")
        assert predictor.inline_bytes == 0


def test_onnx_models_are_asked_alone(sign: Predictor) -> None:
    assert batcher_for(sign) is None


def test_how_many_rows_are_joined_depends_on_how_long_they_take(root: Predictor) -> None:
    batcher = batcher_for(root)
    assert batcher
    assert 64 <= batcher._max_rows <= 1024
