import subprocess
import sys


def test_what_is_left_out_is_not_imported_and_says_so_when_used() -> None:
    code = """
import sys
from server import kserve_stubs
kserve_stubs.stub_imports()
import kserve, kserve.model_server, pandas
assert not any(name.startswith(("pandas.", "kubernetes.")) for name in sys.modules)
try:
    pandas.DataFrame([1])
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "pandas is not available in the server.\n"
