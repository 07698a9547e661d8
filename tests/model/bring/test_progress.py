import time

import pytest

from model.bring import progress


def test_a_slow_step_is_named_and_a_quick_one_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.2)

    @progress.step("Converting")
    def convert(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    assert convert(0.0) == 0.0
    assert convert(0.5) == 0.5
    assert convert(0.0) == 0.0
    time.sleep(0.3)
    assert capsys.readouterr().out == "Converting …\n"


def test_a_step_that_fails_says_nothing_later(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.2)
    with pytest.raises(ValueError, match="broken"), progress.step("Converting"):
        raise ValueError("broken")
    time.sleep(0.3)
    assert capsys.readouterr().out == ""
