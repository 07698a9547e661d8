import json
from collections import Counter
from pathlib import Path

import pytest

from loadtest.users import load_second
from loadtest.users.load_second import DISTINCT_REASONS, LoadSecond, merge_latencies, percentile


def second() -> LoadSecond:
    found = LoadSecond(1000, users=7)
    for milliseconds in (1.234, 1.2341, 45.67, 1234.5):
        found.count_correct(milliseconds, "a")
    found.count_failed("status 503", "b")
    found.count_lost("no answer: ConnectionRefusedError")
    return found


def test_counts_of_a_second_add_up() -> None:
    found = second()
    assert (found.sent, found.failed, found.lost) == (6, 1, 1)
    assert found.pods == {"a": 4, "b": 1}
    assert found.reasons == {"status 503": 1, "no answer: ConnectionRefusedError": 1}


def test_latencies_keep_three_digits() -> None:
    assert second().latency_ms == {1.23: 2, 45.7: 1, 1230: 1}


def test_second_is_unchanged_after_a_round_trip_through_json() -> None:
    found = second()
    again = LoadSecond.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    assert again.latency_ms.total() == 4


@pytest.mark.parametrize(
    ("share", "milliseconds"), [(0.01, 1), (0.5, 50), (0.501, 51), (0.95, 95), (0.99, 99), (0.991, 100), (1, 100)]
)
def test_percentiles_are_nearest_ranks(share: float, milliseconds: float) -> None:
    assert percentile(dict.fromkeys(map(float, range(1, 101)), 1), share) == milliseconds


def test_lines_of_older_runs_have_no_latency_from_sending() -> None:
    line = {name: value for name, value in second().to_dict().items() if name not in {"sending_ms", "refused"}}
    again = LoadSecond.from_dict(line)
    assert (again.sending_ms, again.refused) == (Counter(), 0)
    assert again.latency_ms == second().latency_ms


def test_latency_from_sending_is_kept_beside_the_one_from_the_due_time() -> None:
    found = LoadSecond(0)
    found.count_correct(1500, "a", sending=2.5)
    again = LoadSecond.from_dict(json.loads(json.dumps(found.to_dict())))
    assert (again.latency_ms, again.sending_ms) == ({1500: 1}, {2.5: 1})


def test_second_of_two_processes_has_the_requests_of_both_and_the_worst_lateness() -> None:
    one, other = second(), LoadSecond(1000, users=5, sent_late=3, generator_cpu=0.9, late_ms=80, machine_busy=0.7)
    one.generator_cpu, one.late_ms, one.sent_late, one.refused = 0.4, 120, 1, 2
    other.count_correct(45.67, "b", sending=40)
    other.count_failed("status 503", "a")
    one.add(other)
    assert (one.users, one.sent, one.failed, one.lost, one.refused, one.sent_late) == (12, 8, 2, 1, 2, 4)
    assert one.pods == {"a": 5, "b": 2}
    assert one.reasons == {"status 503": 2, "no answer: ConnectionRefusedError": 1}
    assert (one.latency_ms, one.sending_ms) == ({1.23: 2, 45.7: 2, 1230: 1}, {40: 1})
    assert (one.generator_cpu, one.late_ms, one.machine_busy) == (0.9, 120, 0.7)


def test_number_of_distinct_reasons_of_two_processes_is_bounded() -> None:
    one, other = LoadSecond(0), LoadSecond(0)
    for i in range(DISTINCT_REASONS):
        one.count_failed(f"at {i}", "")
        other.count_lost(f"of {i}")
    one.add(other)
    assert len(one.reasons) == DISTINCT_REASONS + 1
    assert one.reasons["other reasons"] == DISTINCT_REASONS


def test_percentiles_weigh_counts() -> None:
    latencies = {5.0: 98, 70.0: 1, 900.0: 1}
    assert [percentile(latencies, share) for share in (0.5, 0.98, 0.99, 0.999)] == [5, 5, 70, 900]


def test_no_requests_have_no_percentile() -> None:
    assert percentile({}, 0.99) is None


def test_merged_percentiles_are_those_of_all_requests() -> None:
    """The p99 of a run is not the mean of the p99 of its seconds."""
    slow, fast = LoadSecond(0), LoadSecond(1)
    slow.count_correct(500, "")
    for _ in range(199):
        fast.count_correct(2, "")
    assert merge_latencies([slow, fast]) == Counter({2.0: 199, 500.0: 1})
    assert percentile(merge_latencies([slow, fast]), 0.99) == 2


def test_number_of_distinct_reasons_is_bounded() -> None:
    found = LoadSecond(0)
    for i in range(1000):
        found.count_failed(f"at {i}", "")
    assert len(found.reasons) == DISTINCT_REASONS + 1
    assert found.reasons["other reasons"] == 1000 - DISTINCT_REASONS


def test_busy_is_the_share_of_cpu_time_that_was_not_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(load_second, "PROC_STAT", stat)
    stat.write_text("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 50 0 50 350 50 0 0 0 0 0\n")
    before = load_second.cpu_ticks()
    assert before == (800, 1000)
    stat.write_text("cpu  150 10 120 750 120 0 0 0 0 0\n")
    assert load_second.busy_since(before) == (round(1 - 70 / 150, 3), (870, 1150))


def test_cpu_time_is_unknown_without_proc_stat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_second, "PROC_STAT", tmp_path / "missing")
    assert load_second.cpu_ticks() is None
    assert load_second.busy_since(None) == (None, None)
