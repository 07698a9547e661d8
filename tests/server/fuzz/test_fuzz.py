"""Tens of thousands of odd inputs against a real server: it answers right or refuses with a sentence, and lives on."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.served import Served, serving
from tests.server.fuzz import campaign
from tests.server.fuzz.edges import MARK
from tests.server.fuzz.right import MAX_BODY_BYTES

pytestmark = pytest.mark.slow

SEED = 20_261_121
INPUTS = 21_600  # 1200 of each kind


@pytest.fixture
def served(folders: dict[str, Path], tmp_path: Path) -> Iterator[Served]:
    models = {"MODEL_NAME": ",".join(folders), "MODEL_PATH": ",".join(map(str, folders.values()))}
    with serving({**models, "MAX_BODY_BYTES": str(MAX_BODY_BYTES)}, tmp_path / "server.log") as ready:
        yield ready


def test_no_input_gets_a_wrong_answer_or_stops_the_server(served: Served) -> None:
    campaign.run(served.url, SEED, INPUTS)
    assert served.stop() == 0
    for line in served.log.read_bytes().splitlines():
        told = msgspec.json.decode(line)
        assert told["level"] != "error", line
        assert told["message"] != "request" or len(line) <= 300, line
        assert MARK.encode() not in line.lower(), line
