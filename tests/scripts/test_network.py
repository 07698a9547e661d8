"""What is taken out of the machine's packet filter: Kubernetes' chains and our pods', and nobody else's."""

from tests.scripts.conftest import Workshop

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


def removal(workshop: Workshop, saved: str) -> list[str]:
    (workshop.record.parent / "saved").write_text(saved)
    return workshop.shell(f". ./network.sh; removal <{workshop.record.parent}/saved").stdout.splitlines()


def test_only_our_chains_and_the_rules_that_lead_to_them_go(workshop: Workshop) -> None:
    lines = removal(workshop, SAVED)
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


def test_a_chain_is_emptied_before_it_goes_and_no_other_is_named(workshop: Workshop) -> None:
    lines = removal(workshop, SAVED)
    for line in lines:
        if line.startswith("-X"):
            assert lines.index(f":{line[3:]} - [0:0]") < lines.index(line)
    assert not [line for line in lines if "DOCKER" in line or "CNI-other" in line or line.startswith(":INPUT")]
    assert [line for line in lines if line[0] == "*"] == ["*nat", "*filter"]


def test_nothing_of_ours_nothing_to_remove(workshop: Workshop) -> None:
    lines = removal(workshop, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n")
    assert lines == ["*filter", "COMMIT"]


def test_a_kernel_without_ipv6_has_nothing_to_remove_there(workshop: Workshop) -> None:
    for name in ("ip", "iptables", "iptables-save", "iptables-restore"):
        workshop.tool(name)
    workshop.tool("ip6tables-save", otherwise=1)
    assert workshop.shell(". ./network.sh; leave_network").returncode == 0
    assert "iptables-restore -w --noflush" in workshop.commands()


def test_settings_come_back_as_they_were(workshop: Workshop) -> None:
    """The files of /proc/sys are plain files here: what is kept is written back, whatever was written in between."""
    root = workshop.record.parent / "sys"
    (root / "net").mkdir(parents=True)
    (root / "net" / "forward").write_text("0\n")
    path = f"sysctl_path() {{ printf '{root}/%s' \"${{1//.//}}\"; }}"
    words = (
        f". ./network.sh; runtime={root}; {path}; settings=(net.forward net.absent);"
        f"keep_settings; echo 1 >{root}/net/forward; restore_settings; cat {root}/net/forward"
    )
    done = workshop.shell(words)
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert not (root / "net" / "absent").exists(), "a kernel that has no such setting is not given one"


def test_a_setting_that_cannot_be_set_back_is_told_and_holds_up_nothing(workshop: Workshop) -> None:
    root = workshop.record.parent / "sys"
    (root / "net").mkdir(parents=True)
    words = f". ./network.sh; runtime={root}; sysctl_path() {{ echo {root}/net; }}; restore_settings; echo went on"
    (root / "settings").write_text("net.forward 0\n")  # its file is a folder, which takes no writing
    done = workshop.shell(words)
    assert done.stdout == "went on\n"
    assert "net.forward could not be set back to 0" in done.stderr
