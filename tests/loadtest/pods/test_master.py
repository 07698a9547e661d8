"""What is made of the pod that runs the experiment: its output, its status and its files."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from loadtest.live import process as live
from loadtest.pods import master
from loadtest.pods.kubectl import Kubectl
from loadtest.users.models import CannotRunError
from tests.loadtest.pods.conftest import RUN, Fake, ended, master_pod
from tests.loadtest.pods.test_kubectl import UNREACHABLE

KUBECTL = Kubectl(None, "default")


@pytest.mark.parametrize(
    ("state", "status"), [({"running": {}}, None), ({"terminated": {"exitCode": 1, "reason": "Error"}}, 1)]
)
def test_exit_status_is_the_experiments(fake: Fake, state: dict[str, Any], status: int | None) -> None:
    fake.answer([master_pod(**state)])
    assert master.exit_status(KUBECTL) == status


def test_killed_experiment_and_lost_pod_are_no_verdict(fake: Fake) -> None:
    fake.answer([master_pod(terminated={"exitCode": 137, "reason": "OOMKilled"})])
    with pytest.raises(CannotRunError, match="OOMKilled"):
        master.exit_status(KUBECTL)
    fake.answer([])
    with pytest.raises(CannotRunError, match="was lost"):
        master.exit_status(KUBECTL)


def test_experiment_goes_on_although_the_api_is_away_for_a_moment(fake: Fake) -> None:
    fake.answer(ended(1), {"get pods": UNREACHABLE, "logs": "exit 1"})
    assert master.follow(KUBECTL) == 1


def test_output_after_a_broken_connection_is_printed_from_where_it_broke(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(master, "END_SECONDS", 0.2)
    lasts = "[ -e again ] && echo '{\"items\": []}' || cat pods.json"
    fake.answer([master_pod(running={})], {"--since": "touch again", "get pods": lasts})
    with pytest.raises(CannotRunError, match="was lost"):
        master.follow(KUBECTL)
    first, second = fake.commands()
    assert second == f"{first} --since 1s"


def test_page_is_forwarded_once_it_is_announced_from_a_port_that_is_free(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    says = f"echo Waiting; echo {live.ANNOUNCEMENT}http://127.0.0.1:{live.PORT}; sleep 0.3"
    fake.answer(ended(0), {"logs": says, "port-forward": "exec sleep 30"})
    with suppress(OSError):  # raised if something else listens there: then, too, the port is taken
        taken = socket.create_server(("127.0.0.1", live.PORT))
    assert master.follow(KUBECTL) == 0
    waiting, announced = capsys.readouterr().out.splitlines()
    assert waiting == "Waiting"
    port = int(announced.removeprefix(f"{live.ANNOUNCEMENT}http://127.0.0.1:"))
    assert port != live.PORT
    logs, forward = fake.commands()
    assert logs.startswith("logs ")
    assert forward == f"port-forward job/{master.JOB} {port}:{live.PORT}"
    with suppress(NameError):
        taken.close()


def test_first_interrupt_ends_the_load_and_a_second_one_leaves(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    twice = "kill -INT $PPID; while [ ! -e told ]; do sleep 0.05; done; sleep 0.2; kill -INT $PPID; exec sleep 1"
    fake.answer(ended(1), {"logs": twice, "kill -INT 1": "touch told"})
    with pytest.raises(CannotRunError, match="Interrupted before the report could be fetched"):
        master.follow(KUBECTL)
    assert "the load ends, and its report follows" in capsys.readouterr().err
    (_, told) = fake.commands()
    assert told == f"exec job/{master.JOB} --container loadtest -- sh -c kill -INT 1"


@pytest.mark.parametrize("broken", ["head -c 30000; exit 1", "cat; exit 1", "head -c 30000"])
def test_cut_run_folder_is_fetched_again(fake: Fake, tar: str, reports: Path, tmp_path: Path, broken: str) -> None:
    once = f"[ -e tried ] && {tar} || {{ touch tried; {tar} | {{ {broken}; }}; }}"
    fake.answer([], {" tar ": once})
    folder = master.fetch(KUBECTL, tmp_path)
    assert folder == tmp_path / RUN
    assert len(fake.commands()) == 2
    for path in (reports / RUN).iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()


def test_run_folder_that_cannot_be_fetched_is_an_error(fake: Fake, tar: str, tmp_path: Path) -> None:
    fake.answer([], {" tar ": f"{tar}; exit 1"})
    with pytest.raises(CannotRunError, match="could not be fetched: kubectl exec ended with 1"):
        master.fetch(KUBECTL, tmp_path)
    assert len(fake.commands()) == master.FETCHES
