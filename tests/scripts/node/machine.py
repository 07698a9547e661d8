"""A snapshot of everything on a machine that a node may change."""

import subprocess
from pathlib import Path

from tests.conftest import program

RUNTIME = Path("/run/kube-node")
FOLDERS = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/usr/libexec/kubernetes", "/run/containerd")
PROGRAMS = {"kube", "pause", "containerd", "containerd-shim"}
SETTINGS = ("net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet", "vm/overcommit_memory", "kernel/panic")


def output_lines(package: str, *command: str) -> list[str]:
    """Return what a program of this Debian package prints."""
    command = (program(package, command[0]), *command[1:])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def packet_filter(command: str) -> set[str]:
    """Return the rules and chains of every table, without counters and without built-in chains."""
    found, table = set(), ""
    for line in output_lines("iptables", command):
        table = line if line.startswith("*") else table
        if line.startswith("-A") or (line.startswith(":") and line.split()[1] == "-"):
            found.add(f"{table} {line.split(' [')[0]}")
    return found


def processes() -> set[str]:
    """Return the id and name of each live process that runs one of the node's programs."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "comm").read_text().strip()
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue
        if name[:15] in PROGRAMS and state != "Z":
            found.add(f"{folder.name} {name}")
    return found


def snapshot(home: Path) -> dict[str, set[str]]:
    mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()}
    return {
        "interfaces": {line.split(":")[1].split("@")[0] for line in output_lines("iproute2", "ip", "-o", "link")},
        "addresses": {" ".join(line.split()[1:4]) for line in output_lines("iproute2", "ip", "-o", "addr")},
        "routes": set(output_lines("iproute2", "ip", "route")),
        "iptables": packet_filter("iptables-save"),
        "ip6tables": packet_filter("ip6tables-save"),
        "mounts": mounts,
        "processes": processes(),
        "cgroups": {str(path) for path in Path("/sys/fs/cgroup").glob("**/kubepods*")},
        "settings": {f"{name}={(Path('/proc/sys') / name).read_text().strip()}" for name in SETTINGS},
        "folders": {name for name in (*FOLDERS, str(RUNTIME), str(home)) if Path(name).exists()},
    }
