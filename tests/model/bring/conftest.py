from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import onnx
import pytest

from model.__main__ import main
from model.bring.network import bundle
from model.bring.network_request import NetworkRequest
from model.bundle import Bundle

Refused = Callable[..., str]
Make = Callable[..., Bundle]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(model: onnx.ModelProto | bytes, **options: Any) -> Bundle:
        file = tmp_path / "net.onnx"
        file.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        return bundle(NetworkRequest(file, "leaves", tmp_path / "leaves", **options))

    return made


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    def told(model: onnx.ModelProto | bytes | None, *options: str, name: str = "net.onnx") -> str:
        """Return the sentence that refuses a network, or the file that lies there already."""
        file = tmp_path / name
        if model is not None:
            file.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        command = ["bundle", str(file), "--name", "mine", "--output", str(tmp_path / "mine"), *options]
        began = process_time()
        code = main(command)
        assert process_time() - began < 1
        output = capsys.readouterr()
        assert (code, output.out) == (1, "")
        assert output.err.startswith("error: ")
        assert output.err.count("\n") == 1
        assert len(output.err) <= 301
        assert not (tmp_path / "mine").exists()
        return output.err

    return told
