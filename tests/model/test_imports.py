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


def test_a_file_is_refused_before_scikit_learn_is_imported() -> None:
    """Importing it takes three seconds."""
    program = "import sys, model.bring.examine; print('sklearn' in sys.modules, 'pandas' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False False"


def test_client_of_stores_is_imported_only_to_read_one() -> None:
    program = "import sys, server.settings, server.start, model.__main__; print('obstore' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
