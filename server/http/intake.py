"""What connections share, and what their answers see of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class ConnectionLimits:
    """What all connections share: the cap on one body, and how many bytes of bodies are held now."""

    max_body_bytes: int
    max_held_bytes: int
    held_bytes: int = 0


class HalfCloseTransport:
    """The transport as answers see it: closed after the last one in a way that lets the caller read it."""

    def __init__(self, transport: asyncio.Transport, half_close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = half_close
