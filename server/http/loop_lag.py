"""Measures how late the event loop is: for so long, requests that have arrived wait before they are even read."""

import asyncio
from time import perf_counter

from server import metrics

INTERVAL = 0.02


async def watch() -> None:
    """Measure for ever, fifty times a second, by how much a timer is late."""
    while True:
        began = perf_counter()
        await asyncio.sleep(INTERVAL)
        metrics.LOOP_LAG.observe(max(0.0, perf_counter() - began - INTERVAL))
