"""Forwards each connection to one of several servers, as kube-proxy does.

    python -m tests.loadtest.canary.splitter PORT PORT

prints the port that takes the connections. It is a process of its own, so that ending it ends all of them.
"""

import asyncio
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle

from tests.conftest import ROOT

HOST = "127.0.0.1"


@contextmanager
def splitter(ports: Sequence[int]) -> Iterator[int]:
    """Forward connections to these ports of this machine in turn. Yields the port that takes them."""
    command = [sys.executable, "-m", "tests.loadtest.canary.splitter", *map(str, ports)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


async def main(ports: Sequence[int]) -> None:
    turns = cycle(ports)

    async def forward(reader: StreamReader, writer: StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(HOST, next(turns))
        await asyncio.gather(copy(reader, requests), copy(answers, writer))

    server = await asyncio.start_server(forward, HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def copy(source: StreamReader, target: StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


if __name__ == "__main__":
    asyncio.run(main([int(port) for port in sys.argv[1:]]))
