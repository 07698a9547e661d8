import pytest

from server.http.service_times import ServiceTimes, Work


def test_an_unknown_kind_is_expected_to_take_no_time() -> None:
    times = ServiceTimes()
    times.add(Work("rows", 1000), 0.5)
    assert times.expected(Work("pictures", 1000)) == 0


def test_the_estimate_follows_what_jobs_take() -> None:
    times, work = ServiceTimes(), Work("rows", 1000)
    times.add(work, 0.1)
    assert times.expected(work) == pytest.approx(0.1)
    for _ in range(30):
        times.add(work, 0.4)
    assert times.expected(work) == pytest.approx(0.4, rel=0.01)


def test_each_size_has_its_own_estimate() -> None:
    times = ServiceTimes()
    times.add(Work("rows", 1000), 0.001)
    times.add(Work("rows", 1_000_000), 0.3)
    assert times.expected(Work("rows", 900)) == pytest.approx(0.001)
    assert times.expected(Work("rows", 900_000)) == pytest.approx(0.3)


def test_a_size_that_is_not_known_takes_no_longer_than_the_nearest() -> None:
    times = ServiceTimes()
    times.add(Work("rows", 1_000_000), 0.3)
    assert times.expected(Work("rows", 2_000_000)) == pytest.approx(0.3)
    assert times.expected(Work("rows", 1000)) < 0.001  # one large batch must not have single rows refused
