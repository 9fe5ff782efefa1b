"""Writes the tables of docs/redteam.md anew: `PYTHONPATH=tests python -m redteam.page`."""

from __future__ import annotations

from pathlib import Path

import assay
from redteam import table
from redteam.case import Case
from redteam.plugins import PLUGINS
from redteam.tokenizers import table as tokenizers_table
from redteam.tokenizers.plugins import TOKENIZERS

KINDS = table.KINDS | tokenizers_table.KINDS
PAGE = Path(__file__).parents[2] / "docs" / "redteam.md"
BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->\n"
HEAD = "| plugin | what it does | on | what must become of it |\n|---|---|---|---|\n"


def tables() -> str:
    """Return a table for each kind of case."""
    return "\n".join(f"### {kind}\n\n{HEAD}{''.join(map(_line, _united(cases)))}" for kind, cases in KINDS.items())


def replaced(page: str) -> str:
    """Return the page with its tables as they should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def _united(cases: tuple[Case, ...]) -> list[list[Case]]:
    """Put the workloads of a plugin together."""
    found: dict[str, list[Case]] = {}
    for case in cases:
        found.setdefault(case.plugin, []).append(case)
    return list(found.values())


def _line(cases: list[Case]) -> str:
    first, places = cases[0], ", ".join(dict.fromkeys(_place(case) for case in cases))
    summary = (TOKENIZERS if first.tokenizer else PLUGINS)[first.plugin].summary
    return f"| `{first.plugin}` | {summary[0].lower()}{summary[1:]} | {places} | {_fate(first)} |\n"


def _place(case: Case) -> str:
    """Return the words of a workload that say what is asked for; a corpus is its name."""
    if case.tokenizer:
        return case.on
    workload = assay.Workload.parse(case.on)
    words = [workload.level, workload.phase, workload.semantics.label, workload.dtype]
    return " ".join(word for word in words if word not in ("core", "fwd", "f32"))


def _fate(case: Case) -> str:
    if case.told is not None:
        words = f'with "{case.told.words}"' if case.told.words else f"of at least {case.told.least:,.0f}"
        return f"its row says `{case.told.metric}` {words}"
    if not case.checks:
        return "accepted"
    checks = " or ".join(f"`{check}`" for check in case.checks)
    return f"refused: {checks}" + (", or is no faster" if case.harmless else "")


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text("utf-8")), "utf-8")
