"""What runs a model: onnxruntime, or scikit-learn for a pipeline that ONNX cannot express."""

from typing import TYPE_CHECKING, Any, Literal, Protocol

import onnxruntime
from numpy.typing import NDArray

from model.bundle import Bundle, BundleError, SkopsFile
from model.task import Task
from server import tensors
from server.errors import InvalidInput
from server.tensors import ModelInput, Tensor

if TYPE_CHECKING:
    from model.fitted_pipeline import FittedPipeline


BackendName = Literal["onnxruntime", "scikit-learn"]


class Backend(Protocol):
    """An open model.

    Attributes:
        name: What runs it.
        inputs: The tensors that it takes.
        outputs: The tensors that it returns, as responses name them; the first is the prediction.
        output_names: Their names inside the model.
    """

    name: BackendName
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    output_names: list[str]

    def run(self, rows: ModelInput) -> list[NDArray[Any]]:
        """Return the arrays of the outputs. Raises InvalidInput for values that the model does not take."""


def open_model(bundle: Bundle) -> Backend:
    return OnnxModel(bundle.onnx) if bundle.skops is None else SklearnModel(bundle.skops, bundle.task)


class OnnxModel:
    """An ONNX graph."""

    name: BackendName = "onnxruntime"

    def __init__(self, onnx: bytes) -> None:
        options = onnxruntime.SessionOptions()
        # One thread for each session: replicas add capacity, and extra threads under a CPU quota cost 80 ms at p99.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self.inputs = tuple(map(tensors.graph_input, self._session.get_inputs()))
        self.outputs = tuple(map(tensors.graph_output, self._session.get_outputs()))
        self.output_names = [output.name for output in self._session.get_outputs()]

    def run(self, rows: ModelInput) -> list[NDArray[Any]]:
        outputs: list[NDArray[Any]] = self._session.run(self.output_names, rows)
        return outputs


class SklearnModel:
    """A fitted pipeline, built from its skops file."""

    name: BackendName = "scikit-learn"

    def __init__(self, file: SkopsFile, task: Task) -> None:
        try:
            from model import fitted_pipeline  # noqa: PLC0415 (servers of ONNX graphs have none of its packages)
        except ModuleNotFoundError as error:
            raise BundleError(
                f"scikit-learn runs it, and {error.name} is not installed. Build the image with BUNDLE={task.name}, "
                "or install requirements-sklearn.lock."
            ) from error
        self._pipeline: FittedPipeline = fitted_pipeline.load(file)
        self._task = task
        self.inputs = tensors.input_tensors(task)
        outputs = self._pipeline.run(task, tensors.example_input(task))
        self.output_names = list(outputs)
        self.outputs = tuple(tensors.described(name, array, task) for name, array in outputs.items())

    def run(self, rows: ModelInput) -> list[NDArray[Any]]:
        try:
            return list(self._pipeline.run(self._task, rows).values())
        except ValueError as error:  # it answers its example, so these values are at fault: an unknown category, say
            raise InvalidInput(
                "The model cannot predict these values. Compare them with those seen in training.", "value_range"
            ) from error
