"""Makes a bundle from a classifier of pictures that was exported to ONNX."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.bring import memory, network_file, network_graph, network_input, network_labels, network_output
from model.bring.network_check import Network, ServedGraph, compare
from model.bring.network_input import NetworkInput
from model.bring.network_request import NetworkRequest
from model.bring.network_samples import read
from model.bring.preprocessing import PREPROCESSING, Numbers, numbers_given, resize_of
from model.bring.progress import step
from model.bundle import Bundle, BundleError
from model.bundle_write import save, versions
from model.task import Picture, Task, picture_task


@memory.bounded()
def bundle(request: NetworkRequest) -> Bundle:
    """Write the bundle. Raises BundleError: the network cannot be served; the message says why."""
    model = network_file.read(request.network)
    labels = network_graph.unzip(model)
    network_graph.rename_reserved(model)
    taken = network_input.understand(model, request.size, request.layout)
    convention = request.preprocess or _usual_convention(taken)
    numbers, bgr = _numbers(request, taken), PREPROCESSING[convention].bgr

    own = Network(model, taken, numbers, bgr)
    labels = tuple(request.labels) or labels
    returned = network_output.find(model, own.outputs(own.probes), len(labels) or None)
    taken = replace(taken, one_by_one=not own.takes_several())
    picture = _picture(request, taken, convention)
    task = _task(request, picture, network_labels.matched(labels, returned.count))
    samples = None if request.samples is None else read(request.samples, picture, task.labels)

    from model.bring import network_card  # noqa: PLC0415 (scikit-learn and pandas take seconds to import)

    graph = network_graph.wrap(model, taken, numbers, bgr, returned, strangeness=samples is not None)
    served = ServedGraph(graph, taken.one_by_one)
    pictures = own.probes if samples is None else np.concatenate([samples.pictures, own.probes])
    with step("Comparing what will be served with the network"):
        outputs = served.outputs(pictures)
        difference = compare(outputs, own.outputs(pictures)[returned.name], returned.kind)
    card = {
        "title": task.title,
        "summary": network_card.summary(task, picture, model.producer_name, convention, numbers),
        "limits": network_card.limits(samples, bool(returned.logits)),
        "metrics": {},
        "milliseconds": {"graph": served.milliseconds(own.probes[0])},
        "verification": {"pictures": len(pictures), "largest_difference_of_probabilities": difference},
        "versions": versions(),
    }
    if samples is None:
        return save(request.output, task, None, graph, card, {})
    of_samples = {name: array[: len(samples.pictures)] for name, array in outputs.items()}
    card["metrics"] = network_card.metrics(task, samples, of_samples)
    task = replace(task, picture=replace(picture, strange_above=network_card.threshold(of_samples)))
    return save(request.output, task, None, graph, card, network_card.statistics(task, samples, of_samples))


def _usual_convention(taken: NetworkInput) -> str:
    if taken.flat:
        return "stretch"
    return "torchvision" if taken.layout == "NCHW" else "keras"


def _numbers(request: NetworkRequest, taken: NetworkInput) -> Numbers:
    given = request.mean or request.std
    if taken.dtype.kind == "u":
        if given:
            raise BundleError("The network takes whole numbers from 0 to 255. Leave --mean and --std out.")
        return Numbers(255)
    numbers = PREPROCESSING[request.preprocess].numbers if request.preprocess else None
    if given:
        numbers = numbers_given(request.mean or (0.0,), request.std or (1.0,))
    if numbers is None:
        raise BundleError(
            "The network does not say which numbers it takes. Say how it was trained: --preprocess torchvision, keras "
            "or another, or --mean and --std of pixels from 0 to 1 (0 and 1 if it takes them as they are)."
        )
    for name, values in (("mean", numbers.mean), ("std", numbers.std)):
        if len(values) not in (1, taken.channels):
            raise BundleError(
                f"There are {len(values)} numbers in the {name}, but the network takes {taken.channels} "
                f"channel{'s' * (taken.channels > 1)}. Say --mean and --std with as many, or with one for all."
            )
    return numbers


def _picture(request: NetworkRequest, taken: NetworkInput, convention: str) -> Picture:
    return Picture(
        transform="resize",
        height=taken.height,
        width=taken.width,
        subject=request.subject or f"a picture for {request.title or request.name}",
        strange_above=None,
        channels=taken.channels,
        resize=resize_of(PREPROCESSING[convention], taken.height, taken.width, request.shorter),
        one_by_one=taken.one_by_one,
    )


def _task(request: NetworkRequest, picture: Picture, labels: tuple[str, ...]) -> Task:
    try:
        return picture_task(request.name, request.title or request.name, labels, picture, request.version)
    except ValueError as error:
        raise BundleError(str(error)) from error
