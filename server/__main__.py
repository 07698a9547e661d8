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
    from server import kserve_stubs  # noqa: PLC0415 (see above)

    kserve_stubs.stub_imports()
    from server.start import start  # noqa: PLC0415

    return start(os.environ)


def _exit(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
