"""Where a run took place: read from the machine as it is, and from machines that lack something."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from assay.environment import describe as environment
from assay.environment.describe import PACKAGES, SETTINGS, available_memory, describe
from assay.records.results import AttentionCase
from assay.records.workload import Workload


def git(folder: Path, *arguments: str) -> str:
    identity = {f"GIT_{who}_{what}": "me@here" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | identity | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that belongs to no repository, whatever stands above it."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def repository(here: Path) -> Path:
    git(here, "init", "--quiet")
    (here / "file").write_text("one")
    git(here, "add", "file")
    git(here, "commit", "--quiet", "--message", "one")
    return here


class TestDescribe:
    def test_machine_and_versions(self, here: Path) -> None:
        facts = describe()
        assert facts["python"].split() == [
            sys.implementation.name.replace("cpython", "CPython"),
            sys.version.split()[0],
        ]
        assert facts["platform"]
        assert facts["processor"]
        assert int(facts["cores"]) == len(psutil.Process().cpu_affinity())
        assert float(facts["load"]) >= 0.0
        assert facts["assay"] == metadata.version("assay-bench")
        assert "git" not in facts
        assert all(isinstance(value, str) and "\n" not in value for value in facts.values())

    def test_a_package_that_is_not_installed_is_left_out(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(environment, "PACKAGES", ("assay", "no-such-distribution"))
        assert "assay" in describe()
        assert not {"no-such-distribution", "torch"} & set(describe())

    def test_settings_only_where_there_are_any(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)
        assert not set(SETTINGS) & set(describe())
        monkeypatch.setenv("OMP_NUM_THREADS", "3")
        assert {name: value for name, value in describe().items() if name in SETTINGS} == {"OMP_NUM_THREADS": "3"}

    def test_nothing_heavy_is_imported(self) -> None:
        script = "import sys\nfrom assay.environment.describe import describe, PACKAGES\nfacts = describe()\n"
        script += "print(*({'torch', 'tiktoken', 'numpy', 'pandas', 'sqlalchemy'} & set(sys.modules)))\n"
        script += "print('torch' in facts)"
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        imported, named = done.stdout.split("\n")[:2]
        assert imported == ""
        assert named == str("torch" in {dist.name for dist in metadata.distributions()})
        assert "torch" in PACKAGES

    def test_one_that_cannot_say_its_load(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(os, "getloadavg")
        monkeypatch.delattr(os, "sched_getaffinity")
        facts = describe()
        assert "load" not in facts
        assert int(facts["cores"]) == os.cpu_count()


class TestGpu:
    CASE = AttentionCase(attention="naive", workload=Workload.parse("core/fwd/full/b1.h2.s4.d8/bf16/cuda:1.t1"))
    ON_CPU = AttentionCase(attention="naive", workload=Workload.parse("core/fwd/full/b1.h2.s4.d8/bf16/cpu.t1"))

    def tool(self, folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
        """Have a tool that answers as NVIDIA's does, and nothing else on the path."""
        tool = folder / "bin" / "nvidia-smi"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tool.parent))

    def test_it_is_told_where_a_case_is_computed_on_one(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tool(here, monkeypatch, "echo 'NVIDIA H100 80GB HBM3, 81559 MiB, 580.1'")
        assert "gpu" not in describe([self.ON_CPU])
        facts = describe([self.ON_CPU, self.CASE])
        assert (facts["gpu"], facts["driver"]) == ("NVIDIA H100 80GB HBM3, 81559 MiB", "580.1")

    def test_equal_ones_are_counted(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tool(here, monkeypatch, 'for card in A A B; do echo "$card, 1 MiB, 2"; done')
        assert describe([self.CASE])["gpu"] == "2 x A, 1 MiB; B, 1 MiB"

    @pytest.mark.parametrize("script", ["exit 9", "echo No devices were found"])
    def test_nothing_is_told_where_the_tool_fails(
        self, here: Path, monkeypatch: pytest.MonkeyPatch, script: str
    ) -> None:
        self.tool(here, monkeypatch, script)
        assert not {"gpu", "driver"} & describe([self.CASE]).keys()

    def test_nor_where_there_is_none(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(here))
        assert "gpu" not in describe([self.CASE])


class TestRevision:
    def test_of_a_clean_tree(self, repository: Path) -> None:
        revision = describe()["git"]
        assert git(repository, "rev-parse", "HEAD").startswith(revision)
        assert len(revision) == 12

    def test_changes_are_marked(self, repository: Path) -> None:
        clean = describe()["git"]
        (repository / "file").write_text("two")
        assert describe()["git"] == f"{clean}+"

    def test_a_tag_does_not_hide_it(self, repository: Path) -> None:
        clean = describe()["git"]
        git(repository, "tag", "--annotate", "v1", "--message", "one")
        assert describe()["git"] == clean

    def test_below_the_root(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clean = describe()["git"]
        (repository / "below").mkdir()
        monkeypatch.chdir(repository / "below")
        assert describe()["git"] == clean

    def test_none_before_the_first_commit(self, here: Path) -> None:
        git(here, "init", "--quiet")
        assert "git" not in describe()

    def test_none_without_git(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(repository / "nowhere"))
        assert "git" not in describe()

    def test_none_when_git_hangs(self, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def hang(command: list[str], **options: object) -> None:
            assert options["timeout"]
            raise subprocess.TimeoutExpired(command, 5)

        monkeypatch.setattr(subprocess, "run", hang)
        assert "git" not in describe()


class TestMemory:
    def test_it_is_less_than_there_is(self) -> None:
        assert 0 < available_memory() <= psutil.virtual_memory().total

    def test_it_is_what_the_kernel_says(self) -> None:
        # Others take and give back memory meanwhile.
        assert available_memory() == pytest.approx(psutil.virtual_memory().available, rel=0.5)

    @pytest.mark.parametrize("content", ["", "MemTotal: 5 kB\nMemFree: 4 kB\n"], ids=["no file", "an old kernel"])
    def test_without_the_kernels_word_it_is_all_there_is(
        self, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if content:
            (tmp_path / "meminfo").write_text(content)
        monkeypatch.setattr(environment, "Path", lambda name: tmp_path / Path(name).name)
        assert available_memory() == pytest.approx(psutil.virtual_memory().total, rel=0.01)

    def test_its_unit_is_the_byte(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "meminfo").write_text("MemTotal:  8 kB\nMemAvailable:       7 kB\n")
        monkeypatch.setattr(environment, "Path", lambda name: tmp_path / Path(name).name)
        assert available_memory() == 7 * 1024
