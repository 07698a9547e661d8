"""KServe's V2 protocol (Open Inference Protocol), JSON and binary tensors: what rows and pictures share."""
