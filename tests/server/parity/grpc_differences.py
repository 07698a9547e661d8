"""Where this server intentionally answers otherwise than KServe over gRPC; docs/compatibility.md has the same table."""

from tests.server.parity.differences import Difference

GRPC_DIFFERENCES = (
    Difference(
        "no input, no data, or one that does not fit its datatype or shape",
        "INTERNAL",
        "INVALID_ARGUMENT",
        "The caller can correct the request, and the message says how.",
        (
            "no inputs",
            "tensor without data",
            "other datatype",
            "contents of another datatype",
            "raw bytes missing",
            "flat shape",
            "shape larger than the data",
        ),
    ),
    Difference(
        "an unknown input or output, a negative shape, or NaN",
        "OK: the names are ignored, the tensor reshaped, the prediction meaningless",
        "INVALID_ARGUMENT",
        "As over HTTP.",
        ("other input", "unknown output", "negative shape", "NaN"),
    ),
    Difference(
        "the outputs that are wanted",
        "OK: all outputs",
        "OK: those that were asked for, in that order",
        "As over HTTP.",
        ("one output", "outputs in another order"),
    ),
    Difference(
        "a datatype in lower case",
        "INVALID_ARGUMENT",
        "OK",
        "As over HTTP.",
        ("typed tensor in lower case", "raw tensor in lower case"),
    ),
    Difference(
        "another version of the model",
        "OK: ignored",
        "NOT_FOUND",
        "The prediction would be another model's.",
        ("other version",),
    ),
    Difference(
        "a model's metadata",
        "OK: without versions",
        "OK: with the model's version",
        "It is the one that may be asked for.",
        ("model metadata",),
    ),
    Difference(
        "the server's metadata",
        "OK: lists the extension that loads and unloads models",
        "OK: lists binary tensors only",
        "It lists only what is supported.",
        ("server metadata",),
    ),
    Difference(
        "loading a model",
        "INTERNAL: it has no loader for this one",
        "UNIMPLEMENTED",
        "Models are loaded at the start.",
        ("load",),
    ),
    Difference(
        "unloading a model",
        "NOT_FOUND: it unloads any that is there",
        "UNIMPLEMENTED",
        "Anyone who can predict could unload the model.",
        ("unload of an unknown model",),
    ),
)
