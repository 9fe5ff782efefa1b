"""Summary tables over rows of several groups: whose ids are the same, how time grows, how speed turns with length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assay.comparison.ratio_of_ratios import ratio_of_ratios
from assay.records.results import Measurement, Status, TokenizerCase
from assay.report.tables.columns import shown
from assay.report.tables.results import Table, is_limit
from assay.report.text.escape import NO_BREAK
from assay.report.text.significant_digits import exponent_text, figure
from assay.stats.paired_ratio import Ratio

GRID = ("line", "paragraph", "page", "encode", "batch", "batch2")
DIGITS = 12
PARITY = "parity_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A tokenizer that claims the ids of another one, over all corpora of a run.

    `ids_as` is the type of its ids: those of a list are boxed while the clock runs. `equal` of `tried` corpora
    gave the same ids, `strings` nasty strings did so too; `digest` is over the ids of all corpora; `cold_ratio`
    is CPU time over the reference's on the largest text not seen before, of `cold_bytes`; `cold` is the same with its
    95 % interval over documents, None without one, or where CPU time does not tell.
    """

    tokenizer: str
    reference: str
    equal: int
    tried: int
    strings: int
    digest: str | None
    cold_ratio: float | None
    cold_bytes: int
    ids_as: str
    difference: str | None
    cold: Ratio | None = None

    @property
    def holds(self) -> bool:
        """Return whether every id was equal, everywhere."""
        return self.difference is None and self.equal > 0


def summary_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return tables of claimed ids, of parity between languages, of growth and of limits, where a run has them."""
    found = (_identity(claims(measurements)), *_parities(measurements), _growth(measurements))
    return (*(table for table in found if table.rows), *limit_tables(measurements))


def limit_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return the table of limits, where a run has some."""
    rows = [row for row in measurements if is_limit(row)]
    return (_limits(rows),) if rows else ()


def grid_tables(measurements: Sequence[Measurement]) -> tuple[Table, ...]:
    """Return a table of speed by length and batch for each corpus that was timed so."""
    groups: dict[str, list[Measurement]] = {}
    for row in measurements:
        if row.value("line_mb_per_s") is not None:
            groups.setdefault(row.case.group, []).append(row)
    return tuple(_grid(group.partition("/")[2], rows) for group, rows in groups.items())


def claims(measurements: Sequence[Measurement]) -> tuple[Claim, ...]:
    """Gather the claims of a run.

    Rows on held-out text, at limits, and rows that were skipped do not count; a row that failed speaks against the
    claim, unless the reference failed there too.
    """
    references = {
        row.case.plugin: str(reference) for row in measurements if (reference := row.value("same_ids_as")) is not None
    }
    lost = {(row.case.plugin, row.case.group) for row in measurements if row.status is Status.FAILED}
    return tuple(
        _claim(
            name,
            reference,
            [row for row in measurements if _counts(row, name) and (reference, row.case.group) not in lost],
        )
        for name, reference in references.items()
    )


def fastest(found: Sequence[Claim]) -> Iterator[str]:
    """Yield for each reference a sentence on the fastest tokenizer with its ids, or those whose intervals overlap.

    Nothing where no interval tells.
    """
    for reference in dict.fromkeys(claim.reference for claim in found):
        holding = [claim for claim in found if claim.reference == reference and claim.holds]
        rivals = [(claim.cold, claim) for claim in holding if claim.cold is not None]
        faster = sorted((one for one in rivals if one[0].high < 1), key=lambda one: one[0].value)
        if faster:
            best = faster[0]
            others = [one for one in faster if not _beats(best, one)]
            yield f"recommended for the ids of {reference}: {' or '.join(map(_praise, others))}"
        elif rivals and len(rivals) == len(holding) and all(cold.low > 1 for cold, _ in rivals):
            yield f"recommended for the ids of {reference}: {reference} itself, all with the same ids are slower"


def _beats(best: tuple[Ratio, Claim], other: tuple[Ratio, Claim]) -> bool:
    """Return whether the other is slower beyond both intervals, on the same text."""
    return best[1].cold_bytes == other[1].cold_bytes and ratio_of_ratios(other[0], best[0]).high < 1


def _praise(one: tuple[Ratio, Claim]) -> str:
    cold, claim = one
    return (
        f"{claim.tokenizer}, {1 / cold.value:.1f} times as fast ({1 / cold.high:.1f} to {1 / cold.low:.1f}) on"
        f" {claim.cold_bytes / 1e6:.1f} MB not seen before, ids as {claim.ids_as}"
    )


def _counts(row: Measurement, name: str) -> bool:
    case = row.case
    wanted = isinstance(case, TokenizerCase) and case.tokenizer == name and not case.held_out
    return wanted and not is_limit(row) and row.status in (Status.OK, Status.FAILED)


def _claim(name: str, reference: str, rows: Sequence[Measurement]) -> Claim:
    good = [row for row in rows if row.status is Status.OK]
    failed = [row for row in rows if row.status is Status.FAILED]
    largest = max(good, key=lambda row: float(row.value("cold_bytes") or 0), default=None)
    digest = hashlib.sha256("".join(str(row.value("ids_sha256")) for row in good).encode("ascii")).hexdigest()
    ratio = None if largest is None else largest.value("cold_ratio")
    return Claim(
        tokenizer=name,
        reference=reference,
        equal=len(good),
        tried=len(rows),
        strings=max((int(row.value("fuzz_strings") or 0) for row in good), default=0),
        digest=digest if good else None,
        cold_ratio=None if ratio is None else float(ratio),
        cold_bytes=0 if largest is None else int(largest.value("cold_bytes") or 0),
        ids_as="-" if largest is None else str(largest.value("ids_as") or "-"),
        cold=None if largest is None else _cold(largest),
        difference=f"{failed[0].case.group.split('/')[1]}: {failed[0].reason}" if failed else None,
    )


def _cold(row: Measurement) -> Ratio | None:
    found = _with_interval(row, "cold_ratio")
    if found is None or found[1] <= 0 or row.value("encode_clock") == "wall":
        return None
    value, low, high = found
    return Ratio(value=value, low=low, high=high, pairs=0, epochs=1)


def _with_interval(row: Measurement, metric: str) -> tuple[float, float, float] | None:
    """Return a figure with the ends of its interval, where it has one."""
    found = [row.value(f"{metric}{end}") for end in ("", "_low", "_high")]
    value, low, high = (float(one) if isinstance(one, int | float) else None for one in found)
    return None if value is None or low is None or high is None else (value, low, high)


def _identity(found: Sequence[Claim]) -> Table:
    return Table(
        title="claimed ids: equal on every document and nasty string, or unranked",
        columns=("tokenizer", "ids of", "corpora", "strings", "digest", "cold CPU time", "ids as", "ids"),
        rows=tuple(
            (
                claim.tokenizer,
                claim.reference,
                f"{claim.equal} of {claim.tried}",
                f"{claim.strings:,}",
                "-" if claim.digest is None else claim.digest[:DIGITS],
                "-" if claim.cold_ratio is None or not claim.holds else figure(claim.cold_ratio),
                claim.ids_as,
                "same" if claim.holds else "wrong",
            )
            for claim in found
        ),
        numeric=frozenset({"strings", "cold CPU time"}),
        notes=(
            *(f"{claim.tokenizer}: {claim.difference}" for claim in found if claim.difference),
            *fastest(found),
        ),
    )


def _parities(measurements: Sequence[Measurement]) -> Iterator[Table]:
    """Yield tokens of each language of a parallel text over those of English: a line for each language."""
    groups: dict[str, list[Measurement]] = {}
    for row in measurements:
        claimed = row.value("same_ids_as") is not None  # its counts are those of the other one
        if row.value("premium") is not None and row.status is Status.OK and not claimed:
            groups.setdefault(row.case.group, []).append(row)
    for group, rows in groups.items():
        names = [name for name in rows[0].metrics if name.startswith(PARITY)]
        yield Table(
            title=f"parity: tokens over those of English, and tokens: {group.partition('/')[2]}",
            columns=("language", *(row.case.plugin for row in rows)),
            rows=tuple(
                (
                    name.removeprefix(PARITY),
                    *(f"{float(row.metrics[name]):.2f}{NO_BREAK}{row.metrics[_tokens(name)]}" for row in rows),
                )
                for name in names
            ),
            numeric=frozenset(row.case.plugin for row in rows),
        )


def _tokens(parity: str) -> str:
    return f"tokens_{parity.removeprefix(PARITY)}"


def _growth(measurements: Sequence[Measurement]) -> Table:
    """Return tokenizers by families; a dash where no exponent could be had, or none with an interval."""
    cells: dict[str, dict[str, str]] = {}
    families: dict[str, None] = {}
    for row in measurements:
        if isinstance(row.case, TokenizerCase) and row.case.corpus.startswith("adversarial"):
            exponent = row.value("growth_exponent")
            family = row.case.corpus.removeprefix("adversarial-")
            families[family] = None
            shown = row.status.value if exponent is None else _exponent(row)
            failed = row.status is Status.FAILED and exponent is not None
            cells.setdefault(row.case.tokenizer, {})[family] = f"{shown} {row.status.value}" if failed else shown
    return Table(
        title="growth of encoding time with length: exponents (1 is linear, 2 quadratic) with 95 % intervals",
        columns=("tokenizer", *families),
        rows=_rows(cells, families),
        numeric=frozenset(families),
    )


def _exponent(row: Measurement) -> str:
    """Return the exponent of a row with its interval; a dash where it has none."""
    found = _with_interval(row, "growth_exponent")
    return "-" if found is None else exponent_text(found[0], (found[2] - found[1]) / 2)


def _limits(rows: Sequence[Measurement]) -> Table:
    """Return tokenizers by limits; below, each reason once, with all that gave it."""
    cells: dict[str, dict[str, str]] = {}
    notes: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        name, limit = row.case.plugin, row.case.group.split("/")[1].removeprefix("limit-")
        outcome = str(row.value("limit"))
        cells.setdefault(name, {})[limit] = f"failed: {outcome}" if row.blamed and outcome != "failed" else outcome
        note = row.reason or row.value("round_trip_difference")
        if note is not None:
            notes.setdefault((limit, str(note)), []).append(name)
    limits = dict.fromkeys(limit for found in cells.values() for limit in found)
    return Table(
        title="limits: what comes of texts that break some tokenizers; failed where the descriptor promises better",
        columns=("tokenizer", *limits),
        rows=_rows(cells, limits),
        notes=tuple(f"{limit}, {', '.join(names)}: {note}" for (limit, note), names in notes.items()),
    )


def _rows(cells: Mapping[str, Mapping[str, str]], columns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple((name, *(found.get(column, "-") for column in columns)) for name, found in cells.items())


def _grid(subject: str, rows: Sequence[Measurement]) -> Table:
    return Table(
        title=f"encode MB/s by length of text and batch: {subject}",
        columns=("tokenizer", *("whole" if name == "encode" else name for name in GRID), "cold", "p50 µs", "p99 µs"),
        rows=tuple(
            (
                row.case.plugin,
                *(shown(row, f"{name}_mb_per_s") for name in GRID),
                shown(row, "cold_mb_per_s"),
                shown(row, "latency_p50_seconds", 1e6),
                shown(row, "latency_p99_seconds", 1e6),
            )
            for row in rows
        ),
        numeric=frozenset(("whole", *GRID, "cold", "p50 µs", "p99 µs")),
    )
