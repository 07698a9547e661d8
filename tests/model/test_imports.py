import subprocess
import sys

TRAINING_ONLY = ("sklearn", "joblib", "pandas", "onnx", "skl2onnx", "numpy")


def test_loading_a_bundle_imports_no_training_package() -> None:
    program = (
        "import sys, model.bundle, model.catalog, model.task\n"
        f"print([name for name in {TRAINING_ONLY!r} if name in sys.modules], 'model.task' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[] True"
