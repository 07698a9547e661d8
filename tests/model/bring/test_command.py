"""What the bundle command says about the bundle that it made."""

import json
import shlex
from pathlib import Path

from model.bring import command
from model.bundle_write import save
from model.task import Feature, Task


def test_the_last_line_asks_the_bundle_with_its_own_example(tmp_path: Path) -> None:
    row: dict[str, float | str] = {"age": 41.0, 'city\'s "name"': "L'Aquila $HOME"}
    features = (Feature("age", "FP32"), Feature('city\'s "name"', "BYTES"))
    task = Task("shop.2", "Shop", "1", "regression", features, row)
    made = save(tmp_path / "my shop", task, None, b"graph", {}, {})
    serve, ask = command.ending(made).splitlines()[-2:]
    assert shlex.split(serve) == ["MODEL_NAME=shop.2", f"MODEL_PATH={tmp_path}/my shop", "make", "serve"]
    program, address, _, header, _, body = shlex.split(ask)
    assert (program, address) == ("curl", "http://localhost:8000/predict/shop.2")
    assert header == "Content-Type: application/json"
    assert json.loads(body) == row
