"""A further `-f` file for Locust: the load generator stalls for 0.4 s in every second."""

import time

import gevent


def stall() -> None:
    while True:
        gevent.sleep(0.6)
        end = time.monotonic() + 0.4  # gevent's own sleep would let others run
        while time.monotonic() < end:
            pass


gevent.spawn(stall)
