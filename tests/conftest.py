"""What the tests of every part share: the cluster, the browser, and the order of the slow ones."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Quick tests tell first; the node's own life comes before the tests that need it up to the end.
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in ("cluster", "node", "browser")])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium; a machine without one fails the test."""
    done = subprocess.run([ROOT / "scripts" / "browser"], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()
