"""Logs that the server and a real nginx wrote."""

import time
from pathlib import Path

import httpx
import pytest

from loadtest.traffic import access_log
from tests.nginx import nginx
from tests.served import ROOT, free_port, serving

ROW = {"area_worst": 2019.0}
COMBINED = '192.0.2.7 - - [29/Nov/2026:10:00:{:02d} +0100] "{} /predict HTTP/1.1" 200 55 "-" "curl/8"\n'
HTTP = "server {{ listen 127.0.0.1:{port}; access_log {folder}/access.log; }}"


def test_requests_of_the_combined_format_are_counted_in_steps() -> None:
    lines = [COMBINED.format(second, "POST") for second in (0, 1, 1, 25)]
    lines += [COMBINED.format(2, "GET"), "garbage\n"]
    assert access_log.rates(lines, 10) == [0.3, 0, 0.1]


def test_log_without_a_prediction_is_refused() -> None:
    with pytest.raises(ValueError, match="no POST request"):
        access_log.rates([COMBINED.format(0, "GET"), "\n"], 10)


def test_line_with_an_impossible_date_is_skipped() -> None:
    good = COMBINED.format(1, "POST")
    own = '{"time":"2026-02-31T10:00:00+00:00","level":"info","message":"request","route":"/predict","method":"POST"}'
    assert access_log.rates([good, good.replace("29/Nov", "31/Feb"), own, good], 1) == [2]


def test_line_with_another_year_is_refused_before_it_fills_the_memory() -> None:
    good = COMBINED.format(1, "POST")
    with pytest.raises(ValueError, match=r"from 1970-11-29 to 2026-11-29, .* longer --step"):
        access_log.rates([good, good.replace("2026", "1970")], 10)


@pytest.mark.slow
def test_log_of_the_server_is_counted(tmp_path: Path) -> None:
    bundle = str(ROOT / "model" / "bundles" / "breast_model")
    with serving({"MODEL_NAME": "breast_model", "MODEL_PATH": bundle}, tmp_path / "log") as served:
        for _ in range(7):
            httpx.post(f"{served.url}/predict", json=ROW)
        httpx.get(f"{served.url}/info")
        served.stop()
    lines = served.log.read_text().splitlines()
    assert sum(access_log.rates(lines, 5)) * 5 == pytest.approx(7)
    prefixed = [f"[pod/ml-serving-deployment-1/server] {line}" for line in lines]
    assert access_log.rates(prefixed, 5) == access_log.rates(lines, 5)


@pytest.mark.slow
def test_log_of_nginx_is_counted(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with nginx(tmp_path, HTTP.format(folder=tmp_path, port=port), url):
        for _ in range(4):
            httpx.post(f"{url}/predict", json=ROW)
        time.sleep(0.1)
    with (tmp_path / "access.log").open() as log:
        assert sum(access_log.rates(log, 5)) * 5 == pytest.approx(4)
