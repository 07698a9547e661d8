"""Leaving the network removes only Kubernetes' and our pods' rules, and restores the kernel settings."""

from tests.scripts.conftest import Sandbox

SAVED = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:CNI-0123 - [0:0]
:CNI-other - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \\"mlserving\\" id: \\"ab\\"" -j CNI-0123
-A POSTROUTING -s 10.88.0.2/32 -m comment --comment "name: \\"podman\\" id: \\"cd\\"" -j CNI-other
-A CNI-0123 ! -d 224.0.0.0/4 -j MASQUERADE
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -j KUBE-MARK-MASQ
COMMIT
*filter
:INPUT DROP [0:0]
:KUBE-FIREWALL - [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
-A INPUT -j KUBE-FIREWALL
COMMIT
"""


def removal(sandbox: Sandbox, saved: str) -> list[str]:
    (sandbox.record.parent / "saved").write_text(saved)
    return sandbox.shell(f". ./network.sh; removal <{sandbox.record.parent}/saved").stdout.splitlines()


def test_only_our_chains_and_the_rules_that_jump_to_them_are_removed(sandbox: Sandbox) -> None:
    lines = removal(sandbox, SAVED)
    assert sorted(line for line in lines if line.startswith("-X")) == [
        "-X CNI-0123",
        "-X KUBE-FIREWALL",
        "-X KUBE-MARK-MASQ",
        "-X KUBE-SERVICES",
    ]
    assert [line for line in lines if line.startswith("-D")] == [
        '-D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
        '-D POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \\"mlserving\\" id: \\"ab\\"" -j CNI-0123',
        "-D INPUT -j KUBE-FIREWALL",
    ]


def test_a_chain_is_flushed_before_it_is_deleted_and_no_other_is_named(sandbox: Sandbox) -> None:
    lines = removal(sandbox, SAVED)
    for line in lines:
        if line.startswith("-X"):
            assert lines.index(f":{line[3:]} - [0:0]") < lines.index(line)
    assert not [line for line in lines if "DOCKER" in line or "CNI-other" in line or line.startswith(":INPUT")]
    assert [line for line in lines if line[0] == "*"] == ["*nat", "*filter"]


def test_without_our_chains_nothing_is_removed(sandbox: Sandbox) -> None:
    lines = removal(sandbox, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n")
    assert lines == ["*filter", "COMMIT"]


def test_a_kernel_without_ipv6_is_supported(sandbox: Sandbox) -> None:
    for name in ("ip", "iptables", "iptables-save", "iptables-restore"):
        sandbox.tool(name)
    sandbox.tool("ip6tables-save", otherwise=1)
    assert sandbox.shell(". ./network.sh; leave_network").returncode == 0
    assert "iptables-restore -w --noflush" in sandbox.commands()


def test_kernel_settings_are_restored(sandbox: Sandbox) -> None:
    """Plain files stand in for those of /proc/sys."""
    root = sandbox.record.parent / "sys"
    (root / "net").mkdir(parents=True)
    (root / "net" / "forward").write_text("0\n")
    path = f"sysctl_path() {{ printf '{root}/%s' \"${{1//.//}}\"; }}"
    code = (
        f". ./network.sh; runtime={root}; {path}; settings=(net.forward net.absent);"
        f"save_settings; echo 1 >{root}/net/forward; restore_settings; cat {root}/net/forward"
    )
    done = sandbox.shell(code)
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert not (root / "net" / "absent").exists(), "a setting that the kernel lacks must not be created"


def test_a_setting_that_cannot_be_restored_is_reported_and_does_not_stop_the_rest(sandbox: Sandbox) -> None:
    root = sandbox.record.parent / "sys"
    (root / "net").mkdir(parents=True)
    code = f". ./network.sh; runtime={root}; sysctl_path() {{ echo {root}/net; }}; restore_settings; echo went on"
    (root / "settings").write_text("net.forward 0\n")  # its file is a folder, which cannot be written
    done = sandbox.shell(code)
    assert done.stdout == "went on\n"
    assert "net.forward could not be restored to 0" in done.stderr
