from collections import Counter

import pytest

from loadtest.bench.loop_lag import LAG, buckets, quantile

PAGE = """
# HELP mlserving_loop_lag_seconds How late timers of the event loop are.
# TYPE mlserving_loop_lag_seconds histogram
mlserving_loop_lag_seconds_bucket{le="0.01"} 10.0
mlserving_loop_lag_seconds_bucket{le="0.1"} 90.0
mlserving_loop_lag_seconds_bucket{le="+Inf"} 100.0
mlserving_loop_lag_seconds_count 100.0
mlserving_loop_lag_seconds_sum 5.0
# HELP mlserving_request_seconds Duration of requests.
# TYPE mlserving_request_seconds histogram
mlserving_request_seconds_bucket{route="/predict",le="+Inf"} 7.0
"""


def test_buckets_are_those_of_one_histogram() -> None:
    assert buckets(PAGE, LAG) == {0.01: 10, 0.1: 90, float("inf"): 100}


@pytest.mark.parametrize(("q", "seconds"), [(0.05, 0.005), (0.5, 0.055), (0.99, 0.1)])
def test_quantile_is_that_of_prometheus(q: float, seconds: float) -> None:
    assert quantile(q, buckets(PAGE, LAG)) == pytest.approx(seconds)


def test_quantile_of_nothing_is_zero() -> None:
    assert quantile(0.99, Counter()) == 0
