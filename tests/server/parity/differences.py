"""Where this server intentionally answers differently from KServe. docs/compatibility.md has the same table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One row of the table.

    Attributes:
        sent: The request.
        theirs: KServe's response, beginning with its status.
        ours: This server's response, beginning with its status.
        why: The reason for the difference.
        cases: The names of the requests in cases.py that show it.
    """

    sent: str
    theirs: str
    ours: str
    why: str
    cases: tuple[str, ...]


DIFFERENCES = (
    Difference(
        "V1 rows of the wrong length, no rows, or `instances` that are not rows",
        "500, with the exception",
        "400",
        "The caller can correct the request, and the message says how.",
        ("no rows", "one row instead of rows", "rows of different lengths", "rows too long"),
    ),
    Difference(
        "V1 rows under `inputs`",
        "500",
        "400",
        "V1 specifies `instances`. A KServe model class may read either; this server does not guess.",
        ("rows under inputs",),
    ),
    Difference(
        "V1 rows as objects by field name",
        "500",
        "200",
        "A row may name its fields, in any order.",
        ("rows as objects",),
    ),
    Difference(
        "strings, booleans or nulls instead of numbers",
        '200: `"1"` and `true` are 1, `null` is NaN',
        "400",
        "They are most likely a mistake. Null is accepted for features that may be missing.",
        (
            "strings in rows",
            "booleans in rows",
            "nulls in rows",
            "strings in data",
            "booleans in data",
            "nulls in data",
        ),
    ),
    Difference(
        "a number that exceeds the datatype, or NaN in a binary tensor",
        "200: computed with infinity or NaN",
        "400",
        "The prediction would be meaningless.",
        (
            "numbers out of range in rows",
            "numbers out of range in data",
            "binary NaN",
            "a number of FP64 beyond FP32",
        ),
    ),
    Difference(
        "a key twice in one object",
        "200: the last one wins",
        "400",
        "Another JSON reader may use the first.",
        ("instances twice", "inputs twice"),
    ),
    Difference(
        "a matrix with the name of one of several columns, an input or an output twice",
        "200: names are ignored",
        "400",
        "Each tensor is used once, and it would be unclear as what.",
        ("another input", "input twice", "an output twice"),
    ),
    Difference(
        "no input, or strings instead of numbers",
        "500, with the exception",
        "400",
        "The caller can correct the request, and the message says how. Both servers accept lower case, `fp32`.",
        ("no inputs", "strings as the datatype", "a column is missing", "a column twice"),
    ),
    Difference(
        "numbers of another datatype than the model's",
        "500 from `as_numpy`, 200 if the model class converts them",
        "200",
        "Numbers are rounded to the model's datatype, as those in JSON are.",
        ("another datatype",),
    ),
    Difference(
        "a number that its own datatype does not have, such as 300 as INT8",
        "500, with the exception",
        "400",
        "The caller can correct the request, and the message says how.",
        ("a number beyond its own datatype",),
    ),
    Difference(
        "1.5 as INT32, 7 as BOOL",
        "200: 1 and true",
        "400",
        "Value and datatype disagree; one of them is wrong.",
        ("fractions as whole numbers", "numbers as BOOL"),
    ),
    Difference(
        "FP16 in JSON",
        "400",
        "200",
        "The numbers are rounded to FP16.",
        ("a matrix of FP16",),
    ),
    Difference(
        "a tensor for each column without `content_type: pd`, a matrix with it",
        "500, with the exception",
        "200",
        "The names of the tensors tell columns and a matrix apart. `content_type` is not needed.",
        ("columns without content_type", "columns with content_type np", "a matrix with content_type pd"),
    ),
    Difference(
        "more columns than the model has, or columns of different lengths",
        "200: ignored, or filled with NaN",
        "400",
        "The table may be meant for another model.",
        ("a column too many", "columns of different lengths"),
    ),
    Difference(
        "a whole body as the one input, `Inference-Header-Content-Length: 0`",
        "400",
        "200",
        "It is Triton's raw form.",
        ("a whole body",),
    ),
    Difference(
        "a shape that is negative, has no rows, has floats, or differs from that of nested data",
        "200: reshaped",
        "400",
        "Data and shape disagree; one of them is wrong.",
        ("negative shape", "zero rows in shape", "shape of floats", "nested data in another shape"),
    ),
    Difference(
        "a shape that does not match the amount of data, or has the wrong rank",
        "500, with the exception",
        "400",
        "The caller can correct the request, and the message says how.",
        ("shape larger than the data", "huge shape", "flat shape", "bytes missing"),
    ),
    Difference(
        "bytes left over, or JSON data together with a binary size",
        "200: ignored",
        "400",
        "One of the two is wrong.",
        ("bytes left over", "binary size together with data"),
    ),
    Difference(
        "a V2 request that is invalid JSON, not a request, or incomplete",
        "422, with the input repeated",
        "400",
        'Every invalid body gets the same status and form, `{"error": …, "reason": …}`.',
        (
            "invalid JSON for a V2 request",
            "empty V2 body",
            "empty V2 object",
            "a list instead of a V2 request",
            "id that is not a string",
            "tensor without data",
        ),
    ),
    Difference(
        "an Inference-Header-Content-Length that is not a number",
        "500, with the exception",
        "400",
        "The caller can correct the request, and the message says how.",
        ("length that is not a number",),
    ),
    Difference(
        "parameters that are not scalars",
        "422",
        "200: ignored",
        "Unknown parameters do not affect the prediction.",
        ("parameters that are not scalars",),
    ),
    Difference(
        "`binary_data_output` that is not a boolean",
        "200: taken as true",
        "400",
        "The specification requires a boolean.",
        ("binary output requested by a number",),
    ),
    Difference(
        "`binary_data_output`, and outputs without `binary_data`",
        "200: JSON",
        "200: binary",
        "The binary tensor extension makes the first the default of the second.",
        ("binary output by default",),
    ),
    Difference(
        "a request for binary output",
        "200: without Content-Type",
        "200: `application/octet-stream`",
        "The content type describes the bytes.",
        ("binary input and output", "JSON in, binary out", "one output binary"),
    ),
    Difference(
        "V2 JSON without Content-Type, or as `application/octet-stream`",
        "400",
        "200",
        "Triton's client sends JSON without a content type.",
        ("tensor without Content-Type", "tensor as application/octet-stream"),
    ),
    Difference(
        "a binary tensor as `application/json`",
        "400",
        "200",
        "The length in the header says where the JSON ends.",
        ("binary tensor as JSON",),
    ),
    Difference(
        "V1 JSON with a charset",
        "500",
        "200",
        "`application/json; charset=utf-8` is JSON.",
        ("rows with a charset",),
    ),
    Difference(
        "V1 rows as `application/octet-stream`",
        "200",
        "415",
        "V1 is JSON only.",
        ("rows as application/octet-stream",),
    ),
    Difference(
        "V1 rows as `text/plain`",
        "500",
        "415",
        "415 names the problem: the content type.",
        ("rows as text/plain",),
    ),
    Difference(
        "a V2 tensor as `text/plain`",
        "400",
        "415",
        "415 names the problem: the content type.",
        ("tensor as text/plain",),
    ),
    Difference(
        "a body compressed with gzip or deflate",
        "400",
        "200",
        "It is expanded, within limits: a small body must not expand to a large one.",
        ("compressed body",),
    ),
    Difference(
        "a CloudEvent in headers",
        "200: a CloudEvent",
        "200: plain V1",
        "CloudEvents are not supported; the rows are predicted as usual.",
        ("a V1 CloudEvent in headers",),
    ),
    Difference(
        "a CloudEvent in JSON",
        "500, or a CloudEvent",
        "415",
        "CloudEvents are not supported.",
        ("a V1 CloudEvent in JSON",),
    ),
    Difference(
        "the model's version, `/versions/1.2.3`",
        "501",
        "200",
        "V2 has these paths, and the model has one version.",
        ("GET /v2/models/sign/versions/1.2.3", "GET /v2/models/sign/versions/1.2.3/ready"),
    ),
    Difference(
        "another version, `/versions/1`",
        "501",
        "404, which names the version there is",
        "The caller can correct the path.",
        ("GET /v2/models/sign/versions/1", "GET /v2/models/sign/versions/1/ready", "versioned infer"),
    ),
    Difference(
        "a model's metadata",
        "200: `versions` is null",
        "200: `versions` lists the one version",
        "A client can ask for the version that it gets.",
        ("GET /v2/models/sign",),
    ),
    Difference(
        "GET of `:predict`",
        "404, as if it were a model's name",
        "405, with Allow",
        "The path exists, but for POST.",
        ("GET /v1/models/sign:predict",),
    ),
    Difference(
        "a path with a trailing slash",
        "307, to the host in the caller's Host header",
        "404, which names the path without it",
        "A redirect to a host chosen by a header can be abused.",
        ("GET /v2/",),
    ),
    Difference(
        "the server's metadata",
        "200: lists the extension that loads and unloads models",
        "200: lists binary tensors only",
        "It lists only what is supported.",
        ("GET /v2",),
    ),
    Difference(
        "HEAD of the server's metadata",
        "405",
        "200",
        "Every GET path of this server also accepts HEAD.",
        ("HEAD /v2",),
    ),
    Difference(
        "loading and unloading a model",
        "200",
        "404",
        "Anyone who can predict could unload the model.",
        ("POST /v2/repository/models/sign/load",),
    ),
    Difference(
        "a request for an explanation",
        "501",
        "404",
        "The path does not exist.",
        ("explanation",),
    ),
)
