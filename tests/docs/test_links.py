"""Links between the documents, and the files that README's map names, exist."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to the document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_to_a_file_and_a_heading(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)", document.read_text())
    for path, anchor in links:
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), (path, anchor)


def test_files_in_the_map_of_the_code_exist() -> None:
    text = (ROOT / "README.md").read_text().partition("## Map of the code")[2]
    rows = re.findall(r"^\| `(\w+/)` \|.*?\|(.*)\|$", text, re.MULTILINE)
    assert {folder for folder, _ in rows} == {"model/", "server/", "k8s/", "loadtest/", "scripts/", "tests/"}
    named = [folder + name for folder, names in rows for name in re.findall(r"`([^`]+)`", names)]
    named += [name for name in re.findall(r"`([^`]+)`", text) if re.match(r"(model|server|k8s)/\w", name)]
    assert [name for name in named if not (ROOT / name).exists()] == []
