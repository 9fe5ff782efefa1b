"""Strangers' distributions, built as wheels and installed with Assay's own wheel into a clean environment."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from third_party.clean import Place, Ran, build

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
GOOD = sorted(path.name for path in (HERE / "good").iterdir())
BAD = {
    # distribution: (origin, what is said of it, how to fix it)
    "import-error": (
        "import-error 1.0 (import-error)",
        "cannot be imported: ModuleNotFoundError: No module named 'a_library_that_nobody_has'",
        "pip install what provides 'a_library_that_nobody_has', or leave it out with --block import-error:import-error",
    ),
    "system-exit": (
        "system-exit 1.1 (system-exit)",
        "cannot be imported: SystemExit: 0",
        "fix it, or leave it out with --block system-exit:system-exit",
    ),
    "wrong-argument": (
        "wrong-argument 1.2 (wrong-argument)",
        "cannot be registered: assay_tokenizers takes no arguments, and here it has config",
        "or leave it out with --block wrong-argument:wrong-argument",
    ),
    "wrong-hook": (
        "wrong-hook 1.3 (wrong-hook)",
        "cannot be registered: it has 'assay_tokenisers', which is no hook; did you mean assay_tokenizers?",
        "or leave it out with --block wrong-hook:wrong-hook",
    ),
    "wrong-type": (
        "wrong-type 1.4 (wrong-type)",
        "failed in assay_tokenizers: it yielded str, not TokenizerPlugin",
        "assay_tokenizers yields TokenizerPlugin objects; fix it, or leave it out with --block wrong-type:wrong-type",
    ),
    "none-at-all": (
        "none-at-all 1.5 (none)",
        "cannot be registered: its entry point is None, not a module or an object with hooks",
        "or leave it out with --block none-at-all:none",
    ),
    "name-clash": (
        "name-clash 1.6 (clash)",
        "clashes with another: the tokenizer name 'pairs-500' is claimed by ",
        "choose with --block ",
    ),
}
WEIGH = (
    *("run", "--tokenizers", "pairs-*", "--attentions", "stream", "--corpora", "jabberwocky", "--held-out", "0"),
    *("--workload", "core/fwd/causal/b1.h2.s96.d16/f32/cpu.t1", "--budget", "0.3s", "--report", "rows.line.txt"),
)


@pytest.fixture(scope="module")
def wheels(once: Callable[..., Path]) -> Path:
    """A folder with the wheels of all strangers; their sources stay as they are."""
    projects = [*(HERE / "good").iterdir(), *(HERE / "bad").iterdir()]
    return once("wheels", lambda folder: build(projects, folder))


def wheel(wheels: Path, *names: str) -> list[Path]:
    """The wheels of distributions."""
    return [path for name in names for path in wheels.glob(f"{name.replace('-', '_')}-*.whl")]


def statuses(ran: Ran) -> dict[str, str]:
    """How each row of a run ended, by plugin."""
    kinds = (("tokenizers", "tokenizer"), ("attentions", "attention"))
    return {row[column]: row["status"] for kind, column in kinds for row in ran.json[kind]}


def test_seven_bad_beside_four_good(wheels: Path, clean_place: Callable[[Path], Place], tmp_path: Path) -> None:
    """Every row that is nobody else's is measured; the name that two claim is nobody's until one of them is blocked."""
    place = clean_place(tmp_path)
    place.install(*wheel(wheels, *GOOD, *BAD))

    listed = place.assay("list", "--json")
    assert listed.rc == 0, listed.stderr
    origins = {
        row["name"]: row["origin"]
        for kind in ("tokenizers", "attentions", "corpora", "reports")
        for row in listed.json[kind]
    }
    assert {name: origins[name] for name in ("pairs-300", "stream", "jabberwocky", "line", "gpt2")} == {
        "pairs-300": "pairs-bpe 1.4.0 (pairs)",
        "stream": "stream-attention 0.2 (stream)",
        "jabberwocky": "jabberwocky-corpus 1871.12 (jabberwocky)",
        "line": "line-report 0.9 (line)",
        "gpt2": f"assay-bench {metadata.version('assay-bench')} (tiktoken)",
    }
    assert "pairs-500" not in origins
    failures = {row["origin"]: row for row in listed.json["failures"]}
    assert failures.keys() == {origin for origin, _, _ in BAD.values()} | {"pairs-bpe 1.4.0 (pairs)"}
    assert all(remedy in failures[origin]["remedy"] for origin, _, remedy in BAD.values())
    assert place.assay("list", "--strict-plugins").rc == 3

    ran = place.assay(*WEIGH, "--json", "--strict-plugins")
    assert ran.rc == 3, ran.stderr
    assert statuses(ran) == {"pairs-300": "ok", "stream": "ok"}
    assert "Traceback" not in ran.stderr
    for origin, said, remedy in BAD.values():
        (line,) = (line for line in ran.stderr.splitlines() if line.startswith(f"assay: warning: plugin {origin} "))
        assert said in line
        assert remedy in line
    assert (place.folder / "rows.line.txt").read_text("utf-8").count("ok: ") == 2

    asked = place.assay("run", "--tokenizers", "pairs-500", "--attentions", "none", "--corpora", "jabberwocky")
    assert (asked.rc, asked.stdout) == (2, "")
    choice = place.assay("plugins", "why", "pairs-500")
    assert choice.rc == 3
    for told in (asked.stderr, choice.stdout):
        assert "--block name-clash:clash" in told
        assert "--block pairs-bpe:pairs" in told

    place.uninstall(*(name for name in BAD if name != "name-clash"))
    fixed = place.assay(*WEIGH, "--json", "--strict-plugins", "--block", "name-clash:clash")
    assert (fixed.rc, "warning" in fixed.stderr) == (0, False), fixed.stderr
    assert statuses(fixed) == {"pairs-300": "ok", "pairs-500": "ok", "stream": "ok"}


def test_the_environment_is_clean(clean_place: Callable[[Path], Place], tmp_path: Path) -> None:
    """Assay comes from its wheel and not from this checkout, or the other tests would prove nothing."""
    place = clean_place(tmp_path)
    ask = "import assay, assay_regex, torch; print(assay.__file__, assay_regex.__file__, sep='\\n')"
    ran = place.run("python", "-P", "-c", ask)
    assert ran.rc == 0, ran.stderr
    assert [Path(line).is_relative_to(place.environment) for line in ran.stdout.splitlines()] == [True, True]
    document: dict[str, Any] = place.assay("list", "--verbose", "--json").json
    assert {row["distribution"] for row in document["plugins"]} == {"assay-bench"}
    assert document["failures"] == []


@pytest.mark.parametrize(
    "project", sorted([*(HERE / "good").iterdir(), *(HERE / "bad").iterdir()]), ids=lambda path: path.name
)
def test_every_stranger_is_a_whole_project(project: Path) -> None:
    names = {path.name for path in project.iterdir()}
    assert {"pyproject.toml", "README.md"} < names


def test_a_baseline_that_lacks_what_is_blocked_is_no_failure(
    wheels: Path, clean_place: Callable[[Path], Place], tmp_path: Path
) -> None:
    """The other side of a check has other plugins: what is left out here need not be there."""
    for name in ("then", "now"):
        (tmp_path / name).mkdir()
    then, now = clean_place(tmp_path / "then"), clean_place(tmp_path / "now")
    then.install(*wheel(wheels, "pairs-bpe"))
    now.install(*wheel(wheels, "pairs-bpe", "name-clash"))
    ran = now.assay(
        *("check", "--baseline", f"env:{then.environment}", "--block", "name-clash:clash", "--load", "assay,*-*"),
        *("--tokenizers", "pairs-500", "--attentions", "none", "--budget", "0.3s", "--strict-plugins", "--json"),
    )
    counts = ran.json["counts"]
    assert counts["failed"] + counts["not comparable"] == 0, ran.stdout
    assert {row["cell"] for row in ran.json["judgements"]} == {
        "tokenizer/the-verdict/all/pairs-500/encode",
        "tokenizer/the-verdict/all/pairs-500/decode",
    }
