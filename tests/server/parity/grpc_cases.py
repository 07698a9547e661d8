"""The gRPC calls that are sent to both KServe and this server, by name. The model is the bundle `sign`."""

from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.server.parity.cases import BYTES

VALUES = [1, 1, -3, 1]
TENSOR = {"name": "input", "shape": [2, 2], "datatype": "FP32"}


@dataclass(frozen=True)
class Call:
    method: str
    message: Message

    @property
    def answer(self) -> Any:
        """The type of the answer."""
        return getattr(pb, f"{self.method}Response")


def infer(*inputs: dict[str, Any], **fields: Any) -> Call:
    return Call("ModelInfer", pb.ModelInferRequest(**{"model_name": "sign", "inputs": inputs, **fields}))


def raw(contents: bytes = BYTES, **changes: Any) -> Call:
    return infer(TENSOR | changes, raw_input_contents=[contents])


def typed(field: str = "fp32_contents", values: Any = VALUES, **changes: Any) -> Call:
    return infer(TENSOR | changes | {"contents": {field: values}})


def outputs(*names: str) -> Call:
    wanted = [{"name": name} for name in names]
    return infer(TENSOR, raw_input_contents=[BYTES], outputs=wanted)


GRPC_CASES = {
    "live": Call("ServerLive", pb.ServerLiveRequest()),
    "ready": Call("ServerReady", pb.ServerReadyRequest()),
    "model ready": Call("ModelReady", pb.ModelReadyRequest(name="sign")),
    "unknown model ready": Call("ModelReady", pb.ModelReadyRequest(name="unknown")),
    "server metadata": Call("ServerMetadata", pb.ServerMetadataRequest()),
    "model metadata": Call("ModelMetadata", pb.ModelMetadataRequest(name="sign")),
    "unknown model's metadata": Call("ModelMetadata", pb.ModelMetadataRequest(name="unknown")),
    "load": Call("RepositoryModelLoad", pb.RepositoryModelLoadRequest(model_name="sign")),
    "unload of an unknown model": Call("RepositoryModelUnload", pb.RepositoryModelUnloadRequest(model_name="unknown")),
    "raw tensor": raw(),
    "raw tensor with id": infer(TENSOR, raw_input_contents=[BYTES], id="seven:7"),
    "raw tensor with parameters": infer(
        TENSOR, raw_input_contents=[BYTES], parameters={"a": {"string_param": "x"}, "b": {"int64_param": 1}}
    ),
    "typed tensor": typed(),
    "typed tensor in lower case": typed(datatype="fp32"),
    "raw tensor in lower case": raw(datatype="fp32"),
    "both outputs": outputs("prediction", "probabilities"),
    "unknown model": infer(TENSOR, raw_input_contents=[BYTES], model_name="unknown"),
    "other version": infer(TENSOR, raw_input_contents=[BYTES], model_version="9"),
    "own version": infer(TENSOR, raw_input_contents=[BYTES], model_version="1.2.3"),
    "one output": outputs("probabilities"),
    "outputs in another order": outputs("probabilities", "prediction"),
    "unknown output": outputs("x"),
    "no inputs": infer(),
    "tensor without data": infer(TENSOR),
    "other input": raw(name="x"),
    "other datatype": typed("bytes_contents", [b"1"] * 4, datatype="BYTES"),
    "contents of another datatype": typed("fp64_contents"),
    "raw and typed": infer(TENSOR | {"contents": {"fp32_contents": VALUES}}, raw_input_contents=[BYTES]),
    "two raw parts": infer(TENSOR, raw_input_contents=[BYTES, BYTES]),
    "raw bytes missing": raw(BYTES[:-4]),
    "negative shape": raw(shape=[-1, 2]),
    "flat shape": raw(shape=[4]),
    "shape larger than the data": raw(shape=[3, 2]),
    "NaN": typed(values=[float("nan"), 1, 1, 1]),
}
