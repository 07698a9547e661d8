"""What is said of runs of a server that is the same, slower, or fails."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from loadtest.compare import runs
from loadtest.compare.judge import Difference, Word, compare, overall
from loadtest.compare.runs import Repeat
from tests.loadtest import synthetic
from tests.loadtest.compare import noisy

TRIES = 20


def side(path: Path, seeds: Sequence[int], slower: float = 1.0, failed: int = 0) -> list[Repeat]:
    for seed in seeds:
        noisy.folder(path / f"{slower}-{seed}", seed, slower=slower, failed=failed)
    return [Repeat.read(path / f"{slower}-{seed}") for seed in seeds]


def word_for(a: Sequence[Repeat], b: Sequence[Repeat]) -> Word:
    return overall(compare(a, b, 0.1))


def row(differences: Sequence[Difference], name: str) -> Difference:
    return next(difference for difference in differences if difference.name == name)


def test_two_runs_of_the_same_server_show_no_difference_in_19_of_20_tries(tmp_path: Path) -> None:
    all_runs = side(tmp_path, range(2 * TRIES))
    words = [word_for([all_runs[i]], [all_runs[i + TRIES]]) for i in range(TRIES)]
    assert words.count(Word.SAME) >= TRIES - 1


def test_four_runs_a_side_of_the_same_server_show_no_difference_in_19_of_20_tries(tmp_path: Path) -> None:
    all_runs = side(tmp_path, range(4 * TRIES))
    words = [word_for(all_runs[4 * i : 4 * i + 4], all_runs[4 * i - 4 : 4 * i] or all_runs[-4:]) for i in range(TRIES)]
    assert words.count(Word.SAME) >= TRIES - 1


def test_server_that_is_a_fifth_slower_is_found_with_four_repeats(tmp_path: Path) -> None:
    fast, slow = side(tmp_path, range(4)), side(tmp_path, range(4, 8), slower=1.2)
    found = compare(fast, slow, 0.1)
    assert overall(found) is Word.WORSE
    assert overall(compare(slow, fast, 0.1)) is Word.BETTER
    median = row(found, "p50 of load")
    assert median.low is not None
    assert median.high is not None
    assert 0.1 < median.low < 0.2 < median.high < 0.3


def test_difference_that_does_not_matter_is_not_worse(tmp_path: Path) -> None:
    fast, slow = side(tmp_path, range(4)), side(tmp_path, range(4, 8), slower=1.2)
    assert overall(compare(fast, slow, 0.5)) is Word.SAME


def test_one_slow_run_counts_only_if_its_whole_interval_matters(tmp_path: Path) -> None:
    a, b, c = side(tmp_path, [0]), side(tmp_path, [1], slower=2), side(tmp_path, [2], slower=1.15)
    assert word_for(a, b) is Word.WORSE
    found = row(compare(a, c, 0.15), "p50 of load")
    assert found.word is Word.UNKNOWN
    assert "4 runs a side would tell" in found.why


def test_one_slow_run_on_a_busy_machine_proves_nothing(tmp_path: Path) -> None:
    a, b = side(tmp_path, [0]), side(tmp_path, [1], slower=2)
    for second in b[0].run.loaded:
        assert second.load is not None
        second.load.machine_busy = 0.9
    assert row(compare(a, b, 0.1), "p50 of load").word is Word.UNKNOWN
    assert runs.warn(a, b) is not None


def test_more_failures_are_worse(tmp_path: Path) -> None:
    a, b = side(tmp_path, [0]), side(tmp_path / "b", [0], failed=20)
    assert row(compare(a, b, 0.1), "failed or lost").word is Word.WORSE
    assert row(compare(b, a, 0.1), "failed or lost").word is Word.BETTER


def test_stage_with_few_responses_is_left_out(tmp_path: Path) -> None:
    a = side(tmp_path, [0])
    assert [difference.name for difference in compare(a, a, 0.1)] == [
        *("p50 of warm-up", "p99 of warm-up", "p50 of load", "p99 of load"),
        *("p50 of cool-down", "p99 of cool-down", "failed or lost"),
    ]
    for second in a[0].run.loaded[90:]:
        assert second.load is not None
        second.load.latency_ms.clear()
    assert "p50 of cool-down" not in {difference.name for difference in compare(a, a, 0.1)}


def never_scales(t: int) -> dict[str, object]:
    return synthetic.cluster_line(0) | {"t": synthetic.ZERO + t}


@pytest.mark.parametrize("count", [1, 4])
def test_what_the_autoscaler_no_longer_does_is_worse(tmp_path: Path, count: int) -> None:
    a, b = (
        [Repeat.read(synthetic.folder(tmp_path / name / str(i), cluster=cluster)) for i in range(count)]
        for name, cluster in (("a", synthetic.cluster_line), ("b", never_scales))
    )
    found = compare(a, b, 0.1)
    assert row(found, "load step to decision").word is Word.WORSE
    assert row(found, "load step to decision").b == "never"
    assert overall(found) is Word.WORSE


def test_times_of_one_run_a_side_tell_nothing(tmp_path: Path) -> None:
    run = [Repeat.read(synthetic.folder(tmp_path))]
    found = row(compare(run, run, 0.1), "load step to decision")
    assert (found.a, found.word) == ("10 s", Word.UNKNOWN)
