"""KServe's V2 protocol (Open Inference Protocol), in JSON and binary: the part that rows and pictures share."""
