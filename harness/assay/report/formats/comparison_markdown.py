"""A comparison as a Markdown comment for a pull request, never too long to be posted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.errors import one_line
from assay.records.verdicts import Change, Comparison, Judgement, Verdict
from assay.report.formats.comparison_text import (
    FOUND,
    alike_line,
    candidate,
    change_text,
    found_text,
    headline,
    letter,
    limits,
    ordered,
    remark,
    time_text,
    values,
    wall_text,
)
from assay.report.text.escape import escape_markdown, markdown_code
from assay.report.text.table import markdown_head, markdown_row

MARKER = "<!-- assay-check -->"
MARKER_OF_RUNS = "<!-- assay-compare -->"
MOST_BYTES = 64_000  # GitHub refuses comments above 65,536 characters
LONGEST = 200  # characters of one name, reason or value: one that never ends must not crowd out the rest
LONGEST_COMMAND = 1_000


def as_markdown(comparison: Comparison) -> str:
    """Write the comment. Its first line is a marker, by which it can be found and edited in place.

    What changed comes first; what did not is folded away, and so are the environment and the command that repeats
    it. It has at most 64,000 bytes in UTF-8: rows beyond are left out, and counted.
    """
    judgements = ordered(comparison.judgements)
    unchanged = [one for one in judgements if one.verdict is Verdict.UNCHANGED]
    others = [one for one in judgements if one.verdict is not Verdict.UNCHANGED]
    head = [
        MARKER_OF_RUNS if comparison.runs else MARKER,
        f"### Assay: {headline(comparison)}",
        _sides(comparison),
    ]
    if comparison.warnings:
        head.append(_fitted([f"- warning: {_text(warning)}" for warning in comparison.warnings], 4_000, comparison))
    foot = [f"{alike_line(comparison.aa_test)}."] if comparison.aa_test else []
    foot += ["\n".join(f"- {_text(limit, LONGEST_COMMAND)}" for limit in limits(comparison))]
    provenance = _fitted(list(_provenance(comparison)), 8_000, comparison)
    foot.append(_folded("Environment, and the command that repeats it", provenance))
    room = MOST_BYTES - 1_000 - _size("\n\n".join(head + foot))
    body = []
    for header, rows, share in (
        (_changed_head(comparison), [_changed(comparison, one) for one in comparison.changes], 0.4),
        (_verdict_head(comparison), [_verdict(comparison, one) for one in others], 0.7),
        (_verdict_head(comparison), [_verdict(comparison, one) for one in unchanged], 1.0),
    ):
        if rows:
            table = f"{header}\n{_fitted(rows, int(room * share), comparison)}"
            room -= _size(table)
            body.append(table if share < 1.0 else _folded(f"{len(rows):,} unchanged", table))
    return "\n\n".join(filter(None, [*head, *body, *foot])) + "\n"


def _sides(comparison: Comparison) -> str:
    """Return what is compared with what; stored runs as a list, with the letters that stand for them."""
    if not comparison.runs:
        sides = f"{_code(comparison.candidate)} against {_code(comparison.baseline)}"
        return f"{sides}, suite {_code(comparison.suite)}."
    lines = []
    for place, one in enumerate(comparison.runs):
        git = f", git {_code(one.git)}" if one.git else ""
        name = f"{letter(comparison, one.id)}{'' if place else ', the baseline'}"
        lines.append(f"- {name}: {_code(one.name)}, suite {_code(one.suite)}, started {_code(one.started)}{git}")
    return _fitted(lines, 8_000, comparison)


def _changed_head(comparison: Comparison) -> str:
    return markdown_head(("exact metric of", "metric", "baseline", "candidate", *_run_column(comparison)))


def _changed(comparison: Comparison, change: Change) -> str:
    cells = [_code(text, cell=True) for text in (change.case, change.metric, *values(change))]
    return markdown_row((*cells, *filter(None, [candidate(comparison, change.run)])))


def _verdict_head(comparison: Comparison) -> str:
    figures = ("change", FOUND, *(("before", "now", "wall") if comparison.runs else ("wall", "epochs")))
    return markdown_head(("verdict", *_run_column(comparison), "cell", *figures, "remark"), figures)


def _verdict(comparison: Comparison, judgement: Judgement) -> str:
    name = f"**{judgement.verdict}**" if judgement.verdict is Verdict.REGRESSED else judgement.verdict
    run = filter(None, [candidate(comparison, judgement.run)])
    figures = [wall_text(judgement), str(judgement.epochs)]
    if comparison.runs:
        figures = [time_text(judgement.baseline_s), time_text(judgement.candidate_s), wall_text(judgement)]
    cells = (
        _code(judgement.cell, cell=True),
        change_text(judgement),
        found_text(judgement),
        *figures,
        _text(remark(judgement)),
    )
    return markdown_row((name, *run, *cells))


def _run_column(comparison: Comparison) -> tuple[str, ...]:
    return ("run",) if len(comparison.runs) > 2 else ()


def _provenance(comparison: Comparison) -> Iterator[str]:
    yield f"- command: {_code(comparison.command, LONGEST_COMMAND)}"
    timing = "" if comparison.runs else f", {comparison.seconds:.0f} s of timing"
    yield f"- started: {_code(comparison.started)}{timing}"
    for name, value in comparison.environment.items():
        yield f"- {_text(name)}: {_code(value)}"


def _fitted(lines: Sequence[str], room: int, comparison: Comparison) -> str:
    """Return as many lines as fit into so many bytes, and how many do not."""
    kept: list[str] = []
    for line in lines:
        room -= _size(line) + 1
        if room < 0:
            left = len(lines) - len(kept)
            command = "compare" if comparison.runs else "check"
            return "\n".join([*kept, "", f"{left:,} more are left out; `assay {command} --json` has all."])
        kept.append(line)
    return "\n".join(kept)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _code(text: str, longest: int = LONGEST, *, cell: bool = False) -> str:
    return markdown_code(_cut(text, longest), cell=cell)


def _text(text: str, longest: int = LONGEST) -> str:
    return escape_markdown(_cut(text, longest))


def _cut(text: str, longest: int) -> str:
    line = one_line(text)
    return line if len(line) <= longest else f"{line[:longest]}…"


def _size(text: str) -> int:
    return len(text.encode("utf-8"))
