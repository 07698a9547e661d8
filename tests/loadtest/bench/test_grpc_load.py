from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.bench import grpc_load
from loadtest.bench.closed_loop import run_grpc
from loadtest.bench.grpc_load import GrpcSpec
from loadtest.bench.request_spec import MeasurementError
from tests.served import free_port, serving
from tests.server import bundles

pytestmark = pytest.mark.slow


def test_calls_are_answered_counted_and_checked(tmp_path: Path) -> None:
    folder, port = bundles.sign(tmp_path / "sign").folder, free_port()
    environment = {"MODEL_NAME": "model", "MODEL_PATH": str(folder), "GRPC_PORT": str(port)}
    spec = grpc_load.infer(([{"x": 1.0, "y": 1.0}, {"x": -3.0, "y": 1.0}], [1, 0]))
    with serving(environment, tmp_path / "log"):
        spec.check(port)
        with pytest.raises(MeasurementError, match=r"other classes than the pipeline: \[1, 0\]"):
            replace(spec, expected=[1, 1]).check(port)
        with pytest.raises(MeasurementError, match="INVALID_ARGUMENT"):
            GrpcSpec(b"\xff", []).check(port)
        load = run_grpc(port, spec, 1, 4)
        assert load.requests > 100
        assert load.failed == 0
        assert 0 < load.p50_ms <= load.p99_ms < 1000
        bad = run_grpc(port, GrpcSpec(b"\xff", []), 1, 2)
        assert bad.refused == bad.requests > 0
