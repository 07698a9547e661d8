import subprocess
import sys

TRAINING_ONLY = ("sklearn", "joblib", "pandas", "onnx", "skl2onnx", "numpy")


def test_serving_modules_load_nothing_of_training() -> None:
    program = (
        "import sys, model.bundle, model.task\n"
        f"print([name for name in {TRAINING_ONLY!r} if name in sys.modules], 'model.task' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] True"
