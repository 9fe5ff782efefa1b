"""Which code a plugin is made of: of what its hash is, and where it came from."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

import assay
from assay.environment import plugin_code
from assay.environment.plugin_code import digest, package_files, plugin_codes
from assay.plugins.host import DISTRIBUTION, Failure, Found, Host, Origin
from assay.plugins.loading import Loading
from assay.records.plugin_code import PluginCode


def tokenizer(name: str = "mine") -> assay.TokenizerPlugin:
    return assay.TokenizerPlugin(name=name, summary="s", license="MIT", build=lambda text: None)  # type: ignore[arg-type,return-value]


def ask(origin: Origin, file: Path | None = None) -> PluginCode:
    plugin = tokenizer()
    loadings = [Loading(origin=origin, file=None if file is None else str(file))]
    _, code = plugin_codes(Host([Found(plugin=plugin, origin=origin)], [], loadings), [plugin])
    return code


ORIGIN = Origin(entry_point="s", distribution="stranger", version="1.0", target="stranger_pkg")


@dataclass
class Place:
    """A folder on `sys.path` with a distribution `stranger` in it, or the folder of its editable project."""

    site: Path
    origin: Origin = ORIGIN

    def write(self, name: str, content: str, folder: Path | None = None) -> Path:
        path = (folder or self.site) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        return path

    def record(self, *names: str, direct_url: object = None) -> None:
        info = "stranger-1.0.dist-info"
        self.write(f"{info}/METADATA", "Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
        self.write(f"{info}/entry_points.txt", "[assay]\ns = stranger_pkg\n")
        listed = [*names, f"{info}/METADATA", "../../bin/stranger", "stranger_pkg/__pycache__/a.cpython-311.pyc"]
        self.write(f"{info}/RECORD", "".join(f"{name},,\n" for name in listed))
        if direct_url is not None:
            self.write(f"{info}/direct_url.json", json.dumps(direct_url))

    def code(self, file: Path) -> PluginCode:
        return ask(self.origin, file)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    return Place(site)


class TestADistribution:
    def test_its_installed_files_are_hashed_and_nothing_that_is_added_later(self, place: Place) -> None:
        init = place.write("stranger_pkg/__init__.py", "x = 1")
        data = place.write("stranger_pkg/ranks.bin", "1 2 3")
        place.record("stranger_pkg/__init__.py", "stranger_pkg/ranks.bin")
        code = place.code(init)
        assert (code.distribution, code.version, code.source) == ("stranger", "1.0", "distribution")
        assert (code.path, code.direct_url, code.came_from) == (None, None, "installed by name")
        assert code.covers == "all files that were installed, but for compiled caches (2 files)"
        place.write("stranger_pkg/__pycache__/a.cpython-311.pyc", "compiled")
        place.write("stranger-1.0.dist-info/INSTALLER", "pip")
        assert place.code(init).sha256 == code.sha256
        data.write_text("1 2 4", "utf-8")
        assert place.code(init).sha256 != code.sha256

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://ann:secret@x.org/p.git", "https://***@x.org/p.git"),
            ("https://secret@x.org/p.git", "https://***@x.org/p.git"),
            ("https://x.org/p.whl?token=secret&v=secret", "https://x.org/p.whl?token=***&v=secret"),
            ("ssh://git@x.org/p.git", "ssh://***@x.org/p.git"),
            ("file:///home/ann/p", "file:///home/ann/p"),
        ],
    )
    def test_its_direct_url_is_kept_without_secrets(self, place: Place, url: str, shown: str) -> None:
        commit = {"vcs_info": {"vcs": "git", "commit_id": "0" * 40, "requested_revision": "main"}}
        init = place.write("stranger_pkg/__init__.py", "")
        place.record("stranger_pkg/__init__.py", direct_url={"url": url} | commit)
        assert place.code(init).direct_url == {"url": shown} | commit

    def test_an_editable_one_is_hashed_where_it_lies_with_its_revision(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = tmp_path / "project"
        init = place.write("stranger_pkg/__init__.py", "x = 1", project / "src")
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
            identity = ["-c", "user.name=n", "-c", "user.email=e"]
            subprocess.run(["git", *identity, *words], cwd=project, check=True)
        monkeypatch.syspath_prepend(project / "src")
        place.record(direct_url={"url": project.as_uri(), "dir_info": {"editable": True}})
        code = place.code(init)
        assert (code.path, code.covers) == (None, "all files of stranger_pkg (1 file)")
        assert code.revision is not None
        assert code.came_from == f"editable from {project.as_uri()}, at {code.revision}"
        init.write_text("x = 2", "utf-8")
        changed = place.code(init)
        assert changed.sha256 != code.sha256
        assert changed.revision == f"{code.revision}+"

    def test_one_that_was_loaded_from_elsewhere_is_hashed_there(self, place: Place, tmp_path: Path) -> None:
        place.write("stranger_pkg/__init__.py", "x = 1")
        place.record("stranger_pkg/__init__.py")
        other = place.write("stranger_pkg/__init__.py", "x = 2", tmp_path / "other")
        code = place.code(other)
        assert code.path == str(tmp_path / "other")
        assert code.came_from == f"installed by name, but loaded from {tmp_path / 'other'}"

    def test_one_whose_metadata_are_gone_is_its_package(self, tmp_path: Path, place: Place) -> None:
        init = place.write("gone/__init__.py", "", tmp_path)
        code = ask(Origin(entry_point="g", distribution="gone-from-here", version="1"), init)
        assert code.covers == "all files of gone (1 file)"

    def test_its_files_are_read_once_for_all_its_plugins(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        place.record("stranger_pkg/__init__.py")
        init = place.write("stranger_pkg/__init__.py", "")
        read: list[int] = []
        whole = digest
        monkeypatch.setattr(plugin_code, "digest", lambda files, **how: read.append(len(files)) or whole(files, **how))
        plugins = [tokenizer(f"t{number}") for number in range(5)]
        host = Host(
            [Found(plugin=each, origin=place.origin) for each in plugins],
            [],
            [Loading(origin=place.origin, file=str(init))],
        )
        ours, *codes = plugin_codes(host, plugins)
        assert len({code.sha256 for code in codes}) == 1
        assert read == [read[0], 1]
        assert (ours.kind, ours.distribution, ours.version) == (
            "harness",
            DISTRIBUTION,
            metadata.version(DISTRIBUTION),
        )


class TestAFile:
    def file(self, path: Path) -> PluginCode:
        return ask(Origin(entry_point=path.stem, path=str(path)), path)

    def test_it_is_hashed_with_the_modules_beside_it_that_it_imports(self, tmp_path: Path, place: Place) -> None:
        mine = place.write("mine.py", "import beside\nfrom deep.er import z\nimport json", tmp_path)
        place.write("beside.py", "import further", tmp_path)
        further = place.write("further.py", "", tmp_path)
        inner = place.write("deep/er.py", "", tmp_path)
        place.write("deep/__init__.py", "", tmp_path)
        other = place.write("other.py", "", tmp_path)
        code = self.file(mine)
        assert (code.source, code.path, code.came_from) == ("file", str(mine), str(mine))
        assert code.covers == "its file and the modules beside it that it imports (5 files)"
        other.write_text("x = 1", "utf-8")
        assert self.file(mine).sha256 == code.sha256
        for part in (further, inner):
            before = self.file(mine).sha256
            part.write_text("x = 1", "utf-8")
            assert self.file(mine).sha256 != before

    def test_one_that_cannot_be_parsed_is_hashed_alone(self, tmp_path: Path, place: Place) -> None:
        mine = place.write("mine.py", "def (", tmp_path)
        assert self.file(mine).covers == "its file (1 file)"


def test_an_object_that_was_handed_over_has_no_files() -> None:
    code = ask(Origin(entry_point="mine"))
    assert (code.source, code.sha256, code.covers, code.short) == ("object", None, None, "-")
    assert code.came_from == "an object in Python"


def test_an_object_that_was_pickled_has_the_hash_of_that() -> None:
    code = ask(Origin(entry_point="python:mine", sha256="ab" * 32, covers="the Python object as it was pickled"))
    assert (code.source, code.sha256, code.covers) == ("object", "ab" * 32, "the Python object as it was pickled")


def test_what_lacks_something_and_what_could_not_be_loaded_say_why() -> None:
    origin = Origin(entry_point="s", distribution="stranger", version="1.0")
    plugin = assay.TokenizerPlugin(name="t", summary="s", requires=("absent-thing",), build=lambda text: None)  # type: ignore[arg-type,return-value]
    failure = Failure(origin=origin, stage="import", message="ValueError: no", remedy="fix it")
    _, lacking, failed = plugin_codes(Host([Found(plugin=plugin, origin=origin)], [failure]), [plugin])
    assert (lacking.kind, lacking.failure) == ("tokenizer", "needs absent-thing, which is not installed")
    assert (failed.kind, failed.name, failed.failure) == ("plugin", "s", "cannot be imported: ValueError: no")
    assert failed.sha256 is None


class TestTheHash:
    def of(self, folder: Path, **how: int) -> tuple[str, int]:
        return digest({path.name: path for path in folder.iterdir()}, **how)

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "a").write_bytes(b"x" * 5_000)
        return tmp_path

    def test_it_depends_on_names_and_contents(self, folder: Path) -> None:
        first = self.of(folder)
        (folder / "a").rename(folder / "b")
        second = self.of(folder)
        (folder / "b").write_bytes(b"y" * 5_000)
        assert len({first, second, self.of(folder)}) == 3

    @pytest.mark.parametrize(
        ("change", "seen"), [((0, b"y"), True), ((2_500, b"y"), False), ((4_999, b"y"), True), ((5_000, b"x"), True)]
    )
    def test_a_large_file_counts_by_its_size_and_its_ends(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[int, bytes], seen: bool
    ) -> None:
        monkeypatch.setattr(plugin_code, "END", 100)
        before = self.of(folder, whole_below=1_000)
        with (folder / "a").open("r+b") as file:
            file.seek(change[0])
            file.write(change[1])
        assert (self.of(folder, whole_below=1_000) != before) is seen
        assert before[1] == 1

    def test_what_counts_in_part_is_told(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plugin_code, "WHOLE_BELOW", 4)
        monkeypatch.setattr(plugin_code, "END", 1)
        mine = place.write("mine.py", "x = 1")
        assert str(ask(Origin(entry_point="mine", path=str(mine)), mine).covers).startswith(
            "its file (1 file); 1 above"
        )

    def test_a_file_that_is_gone_is_part_of_it(self, folder: Path) -> None:
        known = digest({"a": folder / "a"})
        assert digest({"a": folder / "a", "b": folder / "gone"}) not in (known, digest({"b": folder / "gone"}))


def test_a_package_is_all_its_files_without_compiled_caches(tmp_path: Path, place: Place) -> None:
    write: Callable[..., Path] = place.write
    for name in ("p/__init__.py", "p/q/__init__.py", "p/q/data.txt", "p/q/__pycache__/x.pyc", "p/y.pyc"):
        write(name, "", tmp_path)
    names = ["p/__init__.py", "p/q/__init__.py", "p/q/data.txt"]
    assert sorted(package_files(tmp_path / "p/q/__init__.py")) == names
    assert sorted(package_files(write("alone.py", "", tmp_path))) == ["alone.py"]
