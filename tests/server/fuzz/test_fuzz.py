"""Over twenty thousand inputs to a real server: each is answered correctly or refused, and the server survives."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.served import Served, serving
from tests.server.fuzz import campaign
from tests.server.fuzz.edges import MARK
from tests.server.fuzz.faults import BODIES
from tests.server.fuzz.kinds import KINDS
from tests.server.fuzz.oracle import MAX_BODY_BYTES
from tests.server.fuzz.request import Input

pytestmark = pytest.mark.slow

SEED = 20_261_121
INPUTS = 1_200  # of each kind

exhaustive = settings(
    max_examples=INPUTS,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def served(folders: dict[str, Path], tmp_path: Path) -> Iterator[Served]:
    models = {"MODEL_NAME": ",".join(folders), "MODEL_PATH": ",".join(map(str, folders.values()))}
    with serving({**models, "MAX_BODY_BYTES": str(MAX_BODY_BYTES)}, tmp_path / "server.log") as ready:
        yield ready


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_get_a_correct_answer_or_a_refusal(served: Served, kind: str) -> None:
    with campaign.Session(served.url) as session:

        @seed(SEED)
        @exhaustive
        @given(BODIES[kind])
        def check(sent: Input) -> None:
            session.check(sent)

        check()
        session.check(campaign.CONTROL)
    check_end(served)


def test_bytes_on_the_wire_get_a_correct_answer_or_a_refusal(served: Served) -> None:
    campaign.run(served.url, SEED, INPUTS * len(KINDS))
    check_end(served)


def check_end(served: Served) -> None:
    """Stop the server; it must have logged no error and nothing of what was sent."""
    assert served.stop() == 0
    for line in served.log.read_bytes().splitlines():
        entry = msgspec.json.decode(line)
        assert entry["level"] != "error", line
        assert entry["message"] != "request" or len(line) <= 300, line
        assert MARK.encode() not in line.lower(), line
