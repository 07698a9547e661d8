"""The cost of any single request, measured on a real server of the models that ship."""

import httpx
import pytest

from tests.served import Served
from tests.server.bounds_pictures.bombs import CAP, bombs
from tests.server.bounds_pictures.cost import Cost, cost, resident_mebibytes
from tests.server.bounds_pictures.large import LARGE, large_bombs

pytestmark = pytest.mark.slow

SECONDS = 0.6  # four times what is promised for an idle core
LARGE_SECONDS = 1.0  # four times what 8 MiB of noise take, as a progressive JPEG
MEBIBYTES = 64
RESIDENT_MEBIBYTES = 300  # a pod's limit is 384


def costs(served: Served, client: httpx.Client, model: str) -> dict[str, Cost]:
    _, *side = client.get(f"/v2/models/{model}").json()["inputs"][0]["shape"]
    found = {}
    for name, bomb in bombs(side[0]):
        assert len(bomb.body) <= CAP, name
        found[name] = cost(served, client, bomb, model)
        assert found[name].status in (200, 400, 413), name
    return found


def too_expensive(found: dict[str, Cost], seconds: float = SECONDS) -> dict[str, Cost]:
    for name, one in sorted(found.items(), key=lambda item: -item[1].seconds)[:12]:
        print(f"{1e3 * one.seconds:6.0f} ms {one.mebibytes:4.0f} MiB {one.status} {name}")
    return {name: one for name, one in found.items() if one.seconds > seconds or one.mebibytes > MEBIBYTES}


@pytest.mark.parametrize("model", ["digits", "brain_mri"])
def test_no_request_exceeds_the_cost_limits(served: Served, client: httpx.Client, model: str) -> None:
    found = costs(served, client, model)
    assert not too_expensive(found)
    assert resident_mebibytes(served) < RESIDENT_MEBIBYTES


def test_no_large_file_or_form_exceeds_the_cost_limits(served: Served, client: httpx.Client) -> None:
    found = {}
    for name, bomb in large_bombs():
        assert len(bomb.body) <= LARGE, name
        found[name] = cost(served, client, bomb, "brain_mri")
        assert found[name].status in (200, 400, 413), name
    assert not too_expensive(found, LARGE_SECONDS)
    assert resident_mebibytes(served) < RESIDENT_MEBIBYTES
