"""Shares of the pods in the synthetic run, whose figures are in test_scaling.py."""

from pathlib import Path
from typing import Any

import pytest

from loadtest.report import timeline
from loadtest.report.pod_shares import PodShare, pod_shares
from tests.loadtest import synthetic


def shares_of(path: Path, **options: Any) -> tuple[PodShare, ...]:
    return pod_shares(timeline.read(synthetic.folder(path, **options)))


def test_pod_shares_add_up_to_all_requests(tmp_path: Path) -> None:
    shares = shares_of(tmp_path)
    requests = 30 * 50 + 60 * 500 + 90 * 20
    assert [share.pod for share in shares] == ["pod-0", "pod-1", "pod-2"]
    assert sum(share.requests for share in shares) == requests
    assert sum(share.fair for share in shares) == pytest.approx(requests)
    assert [share.ready_seconds for share in shares] == [
        180,
        108,
        108,
    ]  # leaving from 2:40: no more traffic
    assert [share.seconds for share in shares] == [180, 125, 125]  # 0:40 to 2:45
    assert shares[0].fair == pytest.approx(30 * 50 + 22 * 500 + 38 * 500 / 3 + 70 * 20 / 3 + 20 * 20)


def test_unobserved_stretch_counts_pods_that_existed_before_and_after(tmp_path: Path) -> None:
    whole = shares_of(tmp_path / "whole")
    gappy = shares_of(tmp_path / "gappy", cluster=synthetic.blind(100, 120))
    assert gappy == whole


def test_unobserved_stretch_invents_no_pod(tmp_path: Path) -> None:
    """Pods that appeared within it count from the first second in which they were observed."""
    shares = shares_of(tmp_path, cluster=synthetic.blind(38, 60))
    assert [share.seconds for share in shares] == [180, 165 - 61, 165 - 61]


def test_without_a_cluster_requests_are_still_counted_by_pod(tmp_path: Path) -> None:
    shares = shares_of(tmp_path, cluster=None)
    assert sum(share.requests for share in shares) == 33300
    assert all(share.fair == share.seconds == 0 for share in shares)
