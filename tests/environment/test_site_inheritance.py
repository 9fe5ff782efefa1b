"""What an environment inherits: behind its own, and moved where it lies in a repository."""

from __future__ import annotations

import json
import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import workshop
from assay.environment import site_inheritance

names = st.text("abc", min_size=1, max_size=3)
paths = st.lists(names, max_size=4).map(lambda parts: "/".join(("/nowhere-at-all", *parts)))


@given(path=paths, root=paths, other=paths, below=st.lists(names, max_size=3))
def test_what_lies_inside_moves_with_its_folder(path: str, root: str, other: str, below: list[str]) -> None:
    inner = "/".join((root, *below))
    assert site_inheritance.inside(inner, root)
    assert site_inheritance.relocate(inner, (root, other)) == "/".join((other, *below))
    assert site_inheritance.relocate(inner, (root, other), [root]) == inner
    if not path.startswith(f"{root}/") and path != root:
        assert site_inheritance.relocate(path, (root, other)) == path


def test_a_folder_with_a_longer_name_is_not_inside() -> None:
    assert not site_inheritance.inside("/nowhere/repository-2/src", "/nowhere/repository")
    assert site_inheritance.inside("/nowhere/repository", "/nowhere/repository/")


def test_a_link_into_a_repository_leads_inside(tmp_path: Path) -> None:
    (tmp_path / "root" / "src").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "root")
    moved = (str(tmp_path / "root"), "/other")
    assert site_inheritance.relocate(str(tmp_path / "link" / "src"), moved) == "/other/src"


def test_the_inherited_stands_last_and_editable_projects_are_moved(tmp_path: Path) -> None:
    environment = workshop.environment(tmp_path / "env")
    root, checkout, site = tmp_path / "root", tmp_path / "checkout", tmp_path / "root" / ".venv"
    for folder in (root / "src", root / "new", checkout / "src", site / "win", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
    lines = [str(root / "src"), str(root / "new"), "win", str(tmp_path / "elsewhere"), "import __editable___finder"]
    (site / "editable.pth").write_text("\n".join(lines), "utf-8")
    mapping = {"flat": str(root / "flat"), "other": str(tmp_path / "other")}
    (site / "__editable___finder.py").write_text(f"MAPPING = {mapping!r}", "utf-8")
    code = "import json, os, sys; sys.path.insert(0, os.environ['HARNESS']); "
    code += "from assay.environment.site_inheritance import inherit; "
    code += "before = len(sys.path); inherit([os.environ['SITE']], (os.environ['ROOT'], os.environ['OTHER']), "
    code += (
        "[os.environ['SITE']]); import __editable___finder as it; print(json.dumps([sys.path[before:], it.MAPPING]))"
    )
    env = {"SITE": str(site), "ROOT": str(root), "OTHER": str(checkout)}
    harness = {"HARNESS": str(Path(site_inheritance.__file__).parents[2])}
    added, moved = json.loads(environment.run("-c", code, cwd=tmp_path, env=os.environ | env | harness))
    assert added == [str(site), str(checkout / "src"), str(site / "win"), str(tmp_path / "elsewhere")]
    assert moved == {"flat": str(checkout / "flat"), "other": str(tmp_path / "other")}
