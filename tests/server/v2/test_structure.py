import msgspec
import pytest

from server.v2.request import InferRequest, InputTensor, OutputParameters, RequestedOutput, RequestParameters
from server.v2.request import TensorParameters as Parameters
from server.v2.structure import structure_error

TYPES = (InferRequest, InputTensor, Parameters, RequestedOutput, OutputParameters, RequestParameters)
FIELDS = [(kind, field.name) for kind in TYPES for field in msgspec.structs.fields(kind) if field.name != "data"]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_field_of_the_wrong_type_is_named(kind: type[msgspec.Struct], field: str) -> None:
    valid = {"name": "x", "shape": [], "datatype": "FP32", "inputs": []}
    wrong = {name: value for name, value in valid.items() if name in kind.__struct_fields__} | {field: 1.5}
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(wrong, kind)
    assert structure_error(raised.value).sentence.startswith(f"The field {field} must be ")
