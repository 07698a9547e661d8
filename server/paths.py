"""The paths under which a model predicts, in which {model} stands for its name."""

ONE, MANY, LABEL = "/predict/{model}", "/predict/{model}/batch", "/predict/{model}/img"
V1, V2 = "/v1/models/{model}:predict", "/v2/models/{model}/infer"
