"""Opens a port so that several connections are accepted each time the event loop turns.

libuv, and so uvloop, accepts one connection of a listening socket each turn (its pull request 3696). Under a load that
is too much for the CPU limit, a turn takes some tenths of a second. Connections then wait behind each other, and probes
with them, until Kubernetes takes the pod out of the Service. As several listening sockets share one queue, each accepts
one.
"""

import errno
import os
import socket

from server.settings import SettingsError

BACKLOG = 2048  # connections that wait to be accepted
ACCEPTED = 8  # in a turn, of each family; more would take longer to find that nothing is left

_NO_SUCH_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


def open_port(name: str, port: int) -> list[socket.socket]:
    """Return listening sockets on all addresses, IPv4 and IPv6, of each family that the kernel has.

    Raises:
        SettingsError: The port, which the variable `name` gives, cannot be opened.
    """
    opened: list[socket.socket] = []
    failure: OSError | None = None
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            first = socket.create_server(("", port), family=family, backlog=BACKLOG)
        except OSError as error:
            failure = error
            if error.errno not in _NO_SUCH_FAMILY:
                break
        else:
            opened += [first, *(first.dup() for _ in range(ACCEPTED - 1))]
    if failure is not None and (not opened or failure.errno not in _NO_SUCH_FAMILY):
        for one in opened:
            one.close()
        raise SettingsError(f"{name} {port} cannot be opened: {os.strerror(failure.errno or 0)}.") from failure
    return opened
