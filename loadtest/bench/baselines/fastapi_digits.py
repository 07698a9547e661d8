"""A network behind FastAPI, written the usual way: nested lists in pydantic, NumPy, onnxruntime.

MODEL=model.onnx uvicorn loadtest.bench.baselines.fastapi_digits:app
"""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel


class Images(BaseModel):
    x: list[list[list[float]]]


class Digits(BaseModel):
    y: list[int]


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
app = FastAPI()
network = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])


@app.post("/predict/batch")
async def predict_batch(images: Images) -> Digits:
    (labels,) = network.run(["label"], {"input": np.array(images.x, np.float32)})
    return Digits(y=labels.tolist())
