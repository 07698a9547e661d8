"""Where our server answers otherwise than KServe, on purpose. docs/compatibility.md has the same table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """theirs, ours: the status, and what else there is to say; cases: the requests of cases.py that show it."""

    sent: str
    theirs: str
    ours: str
    why: str
    cases: tuple[str, ...]


DIFFERENCES = (
    Difference(
        "V1 rows of other lengths, of none, or that are no rows",
        "500, with the exception",
        "400",
        "The caller can mend it, and is told how.",
        ("no rows", "one row for rows", "rows of different lengths", "rows too long"),
    ),
    Difference(
        "V1 rows under `inputs`",
        "500",
        "400",
        "V1 says `instances`. A model class under KServe may read either; there is nothing to guess here.",
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
        "strings, booleans and nulls for numbers",
        '200: `"1"` and `true` are 1, `null` is NaN',
        "400",
        "They are most likely a mistake, and NaN is no answer. Null is taken where the model knows missing values.",
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
        "a number beyond the datatype, a NaN in a binary tensor",
        "200: computed with infinity or NaN",
        "400",
        "The answer would mean nothing.",
        ("numbers too large in rows", "numbers too large in data", "binary NaN"),
    ),
    Difference(
        "a key twice in one object",
        "200: the last one wins",
        "400",
        "Another reader may take the first.",
        ("rows twice", "inputs twice"),
    ),
    Difference(
        "an input under another name or twice, an output twice",
        "200: names are not looked at",
        "400",
        "The tensor may be meant for another model.",
        ("another input", "input twice", "an output twice"),
    ),
    Difference(
        "no input, or one of another datatype",
        "500, with the exception",
        "400",
        "The caller can mend it, and is told how. Small letters, `fp32`, are taken by both.",
        ("no inputs", "another datatype"),
    ),
    Difference(
        "a shape that is negative, of no rows, of floats, or another than that of nested data",
        "200: reshaped",
        "400",
        "Data and shape disagree; one of them is wrong.",
        ("negative shape", "no rows in shape", "shape of floats", "nested data in another shape"),
    ),
    Difference(
        "a shape for more or less data than there is, or of another rank",
        "500, with the exception",
        "400",
        "The caller can mend it, and is told how.",
        ("shape over data", "huge shape", "flat shape", "bytes missing"),
    ),
    Difference(
        "bytes left over, data beside a binary size",
        "200: ignored",
        "400",
        "One of the two is wrong.",
        ("bytes left over", "binary size beside data"),
    ),
    Difference(
        "a V2 request that is broken JSON, no request, or lacks something",
        "422, with the input in it",
        "400",
        'One status and one form, `{"error": …}`, for all that is wrong with a body.',
        (
            "broken V2 request",
            "no V2 body",
            "no V2 request",
            "a list for a V2 request",
            "id that is no string",
            "tensor without data",
        ),
    ),
    Difference(
        "an Inference-Header-Content-Length that is no number",
        "500, with the exception",
        "400",
        "The caller can mend it, and is told how.",
        ("length that is no number",),
    ),
    Difference(
        "parameters that are no scalars",
        "422",
        "200: let pass",
        "Parameters that do not concern the server are none of its business.",
        ("parameters that are no scalars",),
    ),
    Difference(
        "`binary_data_output` that is no boolean",
        "200: taken as true",
        "400",
        "The specification says boolean.",
        ("binary by a number",),
    ),
    Difference(
        "`binary_data_output` and outputs that do not say `binary_data`",
        "200: JSON",
        "200: binary",
        "The binary tensor extension: the first is the default of the second.",
        ("binary by default for an output",),
    ),
    Difference(
        "a request that is answered in binary",
        "200: without Content-Type",
        "200: `application/octet-stream`",
        "It is what the bytes are.",
        ("everything binary", "JSON in, binary out", "one output binary"),
    ),
    Difference(
        "V2 JSON without Content-Type, or as `application/octet-stream`",
        "400",
        "200",
        "Triton's client sends JSON without one.",
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
        "The status says what is wrong.",
        ("rows as text/plain",),
    ),
    Difference(
        "a V2 tensor as `text/plain`",
        "400",
        "415",
        "The status says what is wrong.",
        ("tensor as text/plain",),
    ),
    Difference(
        "a compressed body",
        "400",
        "415",
        "The status says what is wrong; a small body must not become a large one.",
        ("compressed body",),
    ),
    Difference(
        "a CloudEvent in headers",
        "200: a CloudEvent",
        "200: plain V1",
        "CloudEvents are not spoken here; the rows are the same.",
        ("a V1 CloudEvent in headers",),
    ),
    Difference(
        "a CloudEvent in JSON",
        "500, or a CloudEvent",
        "415",
        "CloudEvents are not spoken here.",
        ("a V1 CloudEvent in JSON",),
    ),
    Difference(
        "a model by its version, `/versions/1`",
        "501",
        "404",
        "There is nothing at that path.",
        ("GET /v2/models/sign/versions/1", "GET /v2/models/sign/versions/1/ready", "versioned infer"),
    ),
    Difference(
        "GET of `:predict`",
        "404, as of a model of that name",
        "405, with Allow",
        "The path exists.",
        ("GET /v1/models/sign:predict",),
    ),
    Difference(
        "a path with a slash at its end",
        "307, to the Host that the caller named",
        "404",
        "A redirect to wherever a header says is a trap.",
        ("GET /v2/",),
    ),
    Difference(
        "the server's metadata",
        "200: with the extension that loads and unloads models",
        "200: with binary tensors only",
        "It names what is there.",
        ("GET /v2",),
    ),
    Difference(
        "HEAD of the server's metadata",
        "405",
        "200",
        "Where there is a GET of ours, there is a HEAD.",
        ("HEAD /v2",),
    ),
    Difference(
        "loading and unloading a model",
        "200",
        "404",
        "Whoever can predict could take the model away.",
        ("POST /v2/repository/models/sign/load",),
    ),
    Difference(
        "an explanation",
        "501",
        "404",
        "There is nothing at that path.",
        ("explanation",),
    ),
)
