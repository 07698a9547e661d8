"""Run the server with short timeouts, so that tests of slow clients are quick. Otherwise it is python -m server."""

import os
import sys

from server.http.timeouts import Timeouts

# A test needs a moment to open a thousand connections, and its pauses must be well below these on a busy machine.
TIMEOUTS = Timeouts(head=1.5, body=1.5, unread=2, idle=3, linger=0.8, settled=0.5, interval=0.2)


def main() -> int:
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    from server import kserve_stubs

    kserve_stubs.stub_imports()
    from server.start import start

    return start({**os.environ, "IDLE_SECONDS": f"{TIMEOUTS.idle:.0f}"}, TIMEOUTS)


if __name__ == "__main__":
    sys.exit(main())
