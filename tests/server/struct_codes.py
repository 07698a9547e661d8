"""The struct module's code for a value of each V2 datatype that has a fixed size."""

WHOLE = {
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
}
ALL = {**WHOLE, "BOOL": "B", "FP16": "e", "FP32": "f", "FP64": "d"}
