import subprocess
import sys

import pytest

from tests.served import ROOT

pytestmark = pytest.mark.slow

IMPORTS = """
import sys
from server import kserve_stubs
kserve_stubs.stub_imports()
import server.start
print(sorted(sys.modules.keys() & {"PIL", "server.pictures"}))
"""


def test_a_server_of_rows_imports_nothing_for_pictures() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
