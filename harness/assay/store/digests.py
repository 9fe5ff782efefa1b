"""Digests of a run: they tell whether what is read is what was stored.

A digest is a sum over rows, so that each group of results adds its own in the transaction that stores it. A run that
was killed has the digest of what it stored. It stands in the table `meta`, so older versions of Assay read on.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from assay.errors import DamagedRun
from assay.store import reader, schema
from assay.store.location import Location
from assay.store.reader import Pairs, Stored

PREFIX = "digest of "
MODULUS = 1 << 256
BETWEEN, NONE = "\x1f", "\x1e"
FIXED = ("id", "started", "suite", "command", "environment")  # of a run; its state and its settings change


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The digests of a run: of its plan, of `rows` measured cases, of their samples, and of machine probes."""

    plan: int = 0
    rows: int = 0
    figures: int = 0
    samples: int = 0
    probes: int = 0

    def __add__(self, other: Digest) -> Digest:
        sums = {one.name: (getattr(self, one.name) + getattr(other, one.name)) % MODULUS for one in fields(self)}
        return Digest(**sums)


def of_plan(run: Mapping[str, Any], cases: Iterable[tuple[str, str]]) -> int:
    """Return the digest of a run and of its cases, each an id and parameters, in their order."""
    return _hash([*(run[name] for name in FIXED), *(text for case in cases for text in case)])


def of_rows(stored: Stored) -> Digest:
    """Return the digest of what is stored of measured cases."""
    return Digest(
        rows=len(stored.heads),
        figures=_sum(_of_figures(head, stored.figures.get(case, ())) for case, head in stored.heads.items()),
        samples=of_pairs(stored.samples),
        probes=of_pairs(stored.probes),
    )


def of_pairs(found: Pairs) -> int:
    """Return the digest of samples, or of machine probes."""
    return _sum(_of_samples(*one) for one in found.items())


def begin(connection: Connection, run: str, digest: Digest) -> None:
    """Store the digest of a new run."""
    connection.execute(insert(schema.meta), {"key": PREFIX + run, "value": _written(digest)})


def add(connection: Connection, run: str, more: Digest) -> None:
    """Add what is stored in this transaction; a run of an older Assay has no digest, and gets none."""
    found = read(connection, run, lock=True)
    if found is not None:
        _put(connection, run, found + more)


def renew(connection: Connection, run: str) -> Digest:
    """Store the digest of a run as it is in the database now, and return it."""
    found = _of_all(connection, run)
    if read(connection, run, lock=True) is None:
        begin(connection, run, found)
    else:
        _put(connection, run, found)
    return found


def read(connection: Connection, run: str, *, lock: bool = False) -> Digest | None:
    """Return the stored digest of a run; None where an older Assay stored it."""
    wanted = select(schema.meta.c.value).where(schema.meta.c.key == PREFIX + run)
    written = connection.execute(wanted.with_for_update() if lock else wanted).scalar()
    if written is None:
        return None
    try:
        return Digest(**{name: int(number, 16) for name, number in json.loads(written).items()})
    except (ValueError, TypeError, AttributeError):
        return Digest(rows=-1)  # which fits nothing


def verify(connection: Connection, location: Location, run: str, found: Digest, *parts: str) -> None:
    """Raise `StoreError` where the named parts of a run are not what was stored.

    Nothing is known of a run of an older Assay, nor of one to which an older Assay has added.
    """
    kept = read(connection, run)
    if kept is None or 0 <= kept.rows < found.rows:
        return
    wrong = [name for name in parts if getattr(kept, name) != getattr(found, name)]
    if not wrong:
        return
    lost = kept.rows - found.rows if "rows" in parts else 0
    changed = f"stored values of its {' and '.join(name for name in wrong if name != 'rows')} have changed"
    what = f"{lost:,} of its {kept.rows:,} rows are missing" if lost > 0 else changed
    raise damaged(location, run, what)


def damaged(location: Location, run: str, what: str) -> DamagedRun:
    """Return the error for a run that is not what was stored."""
    return DamagedRun(
        f"run {run} in {location} is damaged: {what}",
        remedy="restore the store from a backup or a copy, or measure again; its other runs are verified by themselves",
    )


def verify_all(connection: Connection, location: Location, run: str) -> None:
    """Raise `StoreError` where any part of a run is not what was stored."""
    if read(connection, run) is not None:
        verify(connection, location, run, _of_all(connection, run), *(part.name for part in fields(Digest)))


def _of_all(connection: Connection, run: str) -> Digest:
    record = connection.execute(select(schema.runs).where(schema.runs.c.id == run)).one()
    found = of_rows(reader.stored(connection, run))
    plan = of_plan(dict(record._mapping), reader.plan(connection, run))
    return replace(found, plan=plan, probes=of_pairs(reader.probes(connection, run)))


def _put(connection: Connection, run: str, digest: Digest) -> None:
    change = update(schema.meta).where(schema.meta.c.key == PREFIX + run)
    connection.execute(change.values(value=_written(digest)))


def _written(digest: Digest) -> str:
    return json.dumps({name: f"{number:x}" for name, number in asdict(digest).items()})


def _of_figures(head: Sequence[Any], figures: Sequence[Sequence[Any]]) -> int:
    *texts, expected = head
    texts.append(str(expected))
    numbers = []
    for _, name, kind, number, text in figures:
        texts += (name, kind, text, None if number is None else "")
        numbers.append(0.0 if number is None else number)
    return _hash(texts, numbers, "d")


def _of_samples(owner: tuple[str, str], samples: Sequence[Sequence[int]]) -> int:
    numbers = [number for sample in samples for number in sample]
    return _hash(owner, numbers, "q")


def _sum(hashes: Iterable[int]) -> int:
    return sum(hashes) % MODULUS


def _hash(texts: Iterable[str | None], numbers: Sequence[Any] = (), kind: Literal["d", "q"] = "d") -> int:
    """A hash of texts as every database has them (half a character and NUL are escapes), and of numbers of one kind."""
    try:
        joined = BETWEEN.join(NONE if text is None else text for text in texts)
        content = joined.encode("utf-8", "backslashreplace").replace(b"\0", rb"\x00")
        content += struct.pack(f"<{len(numbers)}{kind}", *numbers)
    except (TypeError, struct.error):  # a value of another type than was stored
        return 0
    return int.from_bytes(hashlib.sha256(content).digest(), "little")
