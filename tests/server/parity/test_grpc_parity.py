"""Make the same gRPC calls to KServe and to this server. Every difference must be in the table of differences."""

from typing import Any
from uuid import UUID

import grpc
import numpy as np
import pytest
from google.protobuf.json_format import MessageToDict

from tests.served import Served
from tests.server.parity.grpc_cases import GRPC_CASES
from tests.server.parity.grpc_differences import GRPC_DIFFERENCES
from tests.server.parity.responses import DTYPES

pytestmark = pytest.mark.slow

INTENTIONAL = {case: difference for difference in GRPC_DIFFERENCES for case in difference.cases}


def send(port: int, name: str) -> tuple[str, Any]:
    """Return the name of the status, and what must be equal of the answer."""
    case = GRPC_CASES[name]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        method = channel.unary_unary(f"/inference.GRPCInferenceService/{case.method}")
        try:
            answer = case.answer.FromString(method(case.message.SerializeToString(), timeout=10))
        except grpc.RpcError as error:
            return error.code().name, None
    document = MessageToDict(answer)
    if "outputs" in document and "modelName" in document:
        document["outputs"] = [_output(answer, index) for index in range(len(answer.outputs))]
        document["raw"] = len(document.pop("rawOutputContents", ()))
        if answer.id != "seven:7":
            document["id"] = f"a UUID of version {UUID(document['id']).version}"
    return "OK", document


def _output(answer: Any, index: int) -> dict[str, Any]:
    output = answer.outputs[index]
    if answer.raw_output_contents:
        values = np.frombuffer(answer.raw_output_contents[index], DTYPES[output.datatype]).tolist()
    else:
        ((_, found),) = output.contents.ListFields()
        values = list(found)
    return {"name": output.name, "datatype": output.datatype, "shape": list(output.shape), "values": values}


def send_to_both(name: str, ports: dict[str, int]) -> tuple[tuple[str, Any], tuple[str, Any]]:
    return send(ports["kserve"], name), send(ports["ours"], name)


@pytest.mark.parametrize("name", sorted(GRPC_CASES.keys() - INTENTIONAL.keys()))
def test_both_servers_give_the_same_answer(name: str, kserve: Served, ours: Served, grpc_ports: dict[str, int]) -> None:
    theirs, mine = send_to_both(name, grpc_ports)
    assert mine == theirs


@pytest.mark.parametrize("name", INTENTIONAL)
def test_the_answers_differ_as_the_table_says(
    name: str, kserve: Served, ours: Served, grpc_ports: dict[str, int]
) -> None:
    theirs, mine = send_to_both(name, grpc_ports)
    difference = INTENTIONAL[name]
    assert (theirs[0], mine[0]) == (difference.theirs.partition(":")[0], difference.ours.partition(":")[0])
    assert mine != theirs
