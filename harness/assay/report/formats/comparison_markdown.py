"""A comparison as a Markdown comment for a pull request, never too long to be posted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assay.records.verdicts import Change, Comparison, Judgement, Verdict
from assay.report.formats.comparison_text import (
    alike_line,
    change_text,
    clean,
    headline,
    letter,
    limits,
    ordered,
    remark,
    time_text,
    values,
    wall_text,
)

MARKER = "<!-- assay-check -->"
MARKER_OF_RUNS = "<!-- assay-compare -->"
MOST_BYTES = 64_000  # GitHub refuses comments above 65,536 characters
LONGEST = 200  # characters of one name, reason or value: one that never ends must not crowd out the rest
LONGEST_COMMAND = 1_000
ACTIVE = re.compile(r"[\\`*\[\]<>&|~$#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


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
    foot += ["\n".join(f"- {_text(told, LONGEST_COMMAND)}" for told in limits(comparison))] if comparison.runs else []
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
    """What is compared with what; stored runs as a list, with the letters that stand for them."""
    if not comparison.runs:
        sides = f"{_code(comparison.candidate)} against {_code(comparison.baseline)}"
        return f"{sides}, suite {_code(comparison.suite)}."
    lines = []
    for place, one in enumerate(comparison.runs):
        git = f", git {_code(one.git)}" if one.git else ""
        name = f"{letter(comparison, one.id)}{'' if place else ', the baseline'}"
        lines.append(f"- {name}: {_code(one.name)}, suite {_code(one.suite)}, started {_code(one.started)}{git}")
    return _fitted(lines, 8_000, comparison)


def _head(*columns: str) -> str:
    """The first two lines of a table; a column whose title begins with a blank is one of figures."""
    rulers = ("---:" if column.startswith(" ") else "---" for column in columns)
    return f"{_row(*map(str.strip, columns))}\n{_row(*rulers)}"


def _changed_head(comparison: Comparison) -> str:
    return _head("exact metric of", "metric", "baseline", "candidate", *_if_several(comparison, "run"))


def _changed(comparison: Comparison, change: Change) -> str:
    names = _if_several(comparison, letter(comparison, change.run) if comparison.runs else "")
    return _row(*map(_code, (change.case, change.metric, *values(change))), *names)


def _verdict_head(comparison: Comparison) -> str:
    figures = (" before", " now", " wall") if comparison.runs else (" wall", " epochs")
    return _head("verdict", *_if_several(comparison, "run"), "cell", " change", *figures, "remark")


def _verdict(comparison: Comparison, judgement: Judgement) -> str:
    name = f"**{judgement.verdict}**" if judgement.verdict is Verdict.REGRESSED else judgement.verdict
    run = _if_several(comparison, letter(comparison, judgement.run) if comparison.runs else "")
    figures = [wall_text(judgement), str(judgement.epochs)]
    if comparison.runs:
        figures = [time_text(judgement.baseline_s), time_text(judgement.candidate_s), wall_text(judgement)]
    return _row(name, *run, _code(judgement.cell), change_text(judgement), *figures, _text(remark(judgement)))


def _if_several(comparison: Comparison, word: str) -> tuple[str, ...]:
    """What is said only where there are several candidates."""
    return (word,) if len(comparison.runs) > 2 else ()


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _provenance(comparison: Comparison) -> Iterator[str]:
    yield f"- command: {_code(comparison.command, LONGEST_COMMAND)}"
    timing = "" if comparison.runs else f", {comparison.seconds:.0f} s of timing"
    yield f"- started: {_code(comparison.started)}{timing}"
    for name, value in comparison.environment.items():
        yield f"- {_text(name)}: {_code(value)}"


def _fitted(lines: Sequence[str], room: int, comparison: Comparison) -> str:
    """Give as many lines as fit into so many bytes, and say how many do not."""
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


def _code(text: str, longest: int = LONGEST) -> str:
    """Give a name as code, with every character that Markdown or HTML might act upon as a reference."""
    return f"<code>{_inert(text, longest)}</code>"


def _text(text: str, longest: int = LONGEST) -> str:
    """Give a sentence; an at sign is parted from its word, so that nobody is called."""
    return _inert(text, longest).replace("@", "@<!-- -->")


def _inert(text: str, longest: int = LONGEST) -> str:
    shown = clean(text)
    shown = shown if len(shown) <= longest else f"{shown[:longest]}…"
    return ACTIVE.sub(lambda match: f"&#{ord(match[0])};", shown)


def _size(text: str) -> int:
    return len(text.encode("utf-8"))
