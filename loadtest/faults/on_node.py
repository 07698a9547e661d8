"""Inject faults on a node. It runs in a privileged pod there, and imports nothing of ours.

- `wait SECONDS`: keep the pod.
- `kill CONTAINER`: send SIGKILL to the first process of a container.
- `component NAME`: send SIGKILL to the apiserver, the kubelet or the proxy, a moment later.
- `lose CONTAINER SECONDS TOKEN`: drop one of a hundred packets of a container's pod, in each direction.
- `burn SECONDS TOKEN`: keep every core busy.
- `end TOKEN`: end the `lose` or `burn` that has this token. Without it they end by themselves after SECONDS.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROC = Path("/proc")
ENDS = Path("/tmp")  # noqa: S108  of the pod's own file system
LOSS = ("--match", "statistic", "--mode", "random", "--probability", "0.01", "--jump", "DROP")
KILL_AFTER = 0.5  # seconds
BEGUN = "begun"  # what `lose` and `burn` print once they have begun


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


def parent(process: int, proc: Path = PROC) -> int:
    return int((proc / str(process) / "stat").read_text().rpartition(")")[2].split()[1])


def component_process(name: str, proc: Path = PROC) -> int:
    """Return the id of a component's process: `kube-proxy`, or `kube proxy` where one program holds all of them."""
    for path in processes(proc):
        try:
            words = (path / "cmdline").read_text(errors="replace").split("\0")
        except OSError:  # it has ended
            continue
        program = Path(words[0]).name
        if program in (name, f"kube-{name}") or (program == "kube" and words[1] == name):
            return int(path.name)
    raise SystemExit(f"No process of the {name} runs on this node.")


def kill_later(process: int) -> None:
    """Kill a process once this one has ended, as the connection by which it is run may need the other."""
    print(process, flush=True)
    if not os.fork():
        for descriptor in range(3):  # they belong to the connection
            os.close(descriptor)
        time.sleep(KILL_AFTER)
        os.kill(process, signal.SIGKILL)
        os._exit(0)


def hold(seconds: float, token: str) -> None:
    """Say that the fault has begun, and wait until it is to end."""
    print(BEGUN, flush=True)
    until = time.monotonic() + seconds
    while time.monotonic() < until and not (ENDS / token).exists():
        time.sleep(0.1)


def lose(container: str, seconds: float, token: str) -> None:
    """Drop packets of the pod in its own network namespace, by the iptables of the node."""
    process = first_process(container)
    # The container's parent is the runtime's, which has the files of the node. Those of process 1 may be protected.
    on_node = ("nsenter", "--target", str(parent(process)), "--mount")
    table = (*on_node, "nsenter", f"--net={PROC / str(process) / 'ns' / 'net'}", "iptables", "--wait")
    inserted = []
    try:
        for chain in ("INPUT", "OUTPUT"):
            subprocess.run([*table, "--insert", chain, *LOSS], check=True)
            inserted.append(chain)
        hold(seconds, token)
    finally:
        for chain in inserted:
            subprocess.run([*table, "--delete", chain, *LOSS], check=True)


def burn(seconds: float, token: str) -> None:
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
        hold(seconds, token)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def main(command: str, *words: str) -> None:
    if command == "wait":
        time.sleep(float(words[0]))
    elif command == "kill":
        os.kill(first_process(words[0]), signal.SIGKILL)
    elif command == "component":
        kill_later(component_process(words[0]))
    elif command == "lose":
        lose(words[0], float(words[1]), words[2])
    elif command == "burn":
        burn(float(words[0]), words[1])
    elif command == "end":
        (ENDS / words[0]).touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
