"""scripts/environment creates .venv in this checkout and never touches another one's."""

from pathlib import Path

from tests.scripts.conftest import Sandbox


def test_a_linked_environment_is_replaced_and_its_target_is_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    theirs = tmp_path / "their clone" / ".venv"
    theirs.mkdir(parents=True)
    (theirs / "pyvenv.cfg").write_text("theirs")
    link = sandbox.repository / ".venv"
    link.symlink_to(theirs)
    sandbox.tool("python3")
    done = sandbox.script("environment")
    assert ".venv is a link to" in done.stderr
    assert "python3 -m venv --clear .venv" in sandbox.commands()
    assert not link.is_symlink()
    assert (theirs / "pyvenv.cfg").read_text() == "theirs"
