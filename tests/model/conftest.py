from collections.abc import Iterator

import pytest

from tests.object_store import ObjectStore, object_store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A running S3 server with the bucket "models"."""
    with object_store(tmp_path_factory.mktemp("store") / "root") as running:
        yield running
