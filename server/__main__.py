"""Run the server: python -m server."""

import os
import signal
import sys
from types import FrameType


def main() -> int:
    # Before anything slow is imported: as PID 1 the process would otherwise ignore signals while it loads.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1):
        signal.signal(number, _exit)
    # onnxruntime sends telemetry, and writes files for it, unless this is set when it is imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # One thread for scikit-learn's arithmetic too, for the reason in server/backends.py; both are read at the import.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from server import kserve_stubs, settings  # noqa: PLC0415 (see above)

    kserve_stubs.stub_imports(keep_pandas=settings.needs_pandas(os.environ))
    from server.start import start  # noqa: PLC0415

    return start(os.environ)


def _exit(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
