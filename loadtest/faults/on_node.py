"""Cause faults on a node. It runs in a privileged pod there, and imports nothing of ours.

- `wait SECONDS`: keep the pod.
- `kill CONTAINER`: send SIGKILL to the first process of a container.
- `component NAME`: send SIGKILL to the apiserver, the kubelet or the proxy, a moment later.
- `lose CONTAINER SECONDS`: drop one of a hundred packets of a container's pod, in each direction.
- `burn SECONDS`: keep every core busy.
- `end`: end `lose` and `burn` early.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROC = Path("/proc")
END = Path("/tmp/end")  # noqa: S108  of the pod's own file system
LOSS = ("--match", "statistic", "--mode", "random", "--probability", "0.01", "--jump", "DROP")
KILL_AFTER = 0.5  # seconds
CHAINS = ("INPUT", "OUTPUT")


def processes(proc: Path) -> list[Path]:
    return sorted((path for path in proc.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def first_process(container: str, proc: Path = PROC) -> int:
    """Return the id of the first process of a container, which its control group names."""
    for path in processes(proc):
        try:
            if container in (path / "cgroup").read_text():
                return int(path.name)
        except OSError:  # it has ended
            continue
    raise SystemExit(f"No process of the container {container} runs on this node.")


def component_process(name: str, proc: Path = PROC) -> int:
    """Return the id of a component's process: `kube-proxy`, or `kube proxy` where one program holds all of them."""
    for path in processes(proc):
        try:
            words = (path / "cmdline").read_text().split("\0")
        except OSError:  # it has ended
            continue
        program = Path(words[0]).name
        if program in (name, f"kube-{name}") or (program == "kube" and words[1] == name):
            return int(path.name)
    raise SystemExit(f"No process of the {name} runs on this node.")


def kill_later(process: int) -> None:
    """Kill a process once this one has ended, as the connection by which it is run may need the other."""
    if not os.fork():
        for descriptor in range(3):  # they belong to the connection
            os.close(descriptor)
        time.sleep(KILL_AFTER)
        os.kill(process, signal.SIGKILL)
        os._exit(0)


def hold(seconds: float) -> None:
    """Wait so long, or until `end` is asked for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not END.exists():
        time.sleep(0.1)


def lose(container: str, seconds: float) -> None:
    """Drop packets of the pod in its own network namespace, by the node's iptables."""
    network = PROC / str(first_process(container)) / "ns" / "net"
    inside = ("nsenter", "--target", "1", "--mount", "nsenter", f"--net={network}", "iptables", "--wait")
    for chain in CHAINS:
        subprocess.run([*inside, "--insert", chain, *LOSS], check=True)
    try:
        hold(seconds)
    finally:
        for chain in CHAINS:
            subprocess.run([*inside, "--delete", chain, *LOSS], check=True)


def burn(seconds: float) -> None:
    """Compute in as many processes as there are cores."""
    children = []
    for _ in range(os.cpu_count() or 1):
        child = os.fork()
        if not child:
            signal.alarm(round(seconds) + 1)  # it ends also if this process was killed
            while True:
                pass
        children.append(child)
    try:
        hold(seconds)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def main(command: str, *words: str) -> None:
    END.unlink(missing_ok=True)
    if command == "end":
        END.touch()
    elif command == "wait":
        time.sleep(float(words[0]))
    elif command == "kill":
        os.kill(first_process(words[0]), signal.SIGKILL)
    elif command == "component":
        kill_later(component_process(words[0]))
    elif command == "lose":
        lose(words[0], float(words[1]))
    elif command == "burn":
        burn(float(words[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
