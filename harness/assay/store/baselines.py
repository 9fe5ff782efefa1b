"""Stored baselines: runs that were accepted, each as one JSON file in `results/baselines/`."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assay.environment.replace_file import replace_file
from assay.errors import AssayError, StoreError
from assay.records.json_document import SCHEMA, write
from assay.records.plugin_code import PluginCode
from assay.records.results import Manifest, Measurement, Metrics, Outcome, Run, Status, Value
from assay.records.serialization import case_from_json, case_to_json, public_fields
from assay.records.text import LONGEST_NAME, quoted

FOLDER = "baselines"
KIND = "accepted baseline"
MACHINES = re.compile(r"x86_64|amd64|aarch64|arm64|i[3-6]86|ppc64le|s390x|riscv64", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
NOT_RECORDED = "not recorded"


def to_json(run: Run, measurements: Sequence[Measurement], codes: Sequence[PluginCode] = ()) -> str:
    """Return the text of a file: the same for the same run, with a line for each metric, in the order of the run.

    It is not the document of `assay run --json`, from whose rows cases cannot be made again: they lack the training
    corpus of a limit, the width of a sample, and seeds.
    """
    content = {
        "kind": KIND,
        "run": public_fields(run) | {"settings": json.loads(run.settings)},
        "rows": [
            {
                "case": json.loads(case_to_json(row.case)),
                "status": row.status.value,
                "reason": row.reason,
                "remedy": row.remedy,
                "expected": row.expected,
                "code": row.code,
                "metrics": {name: _plain(value) for name, value in row.metrics.items()},
            }
            for row in measurements
        ],
        "plugins": [{name: fact for name, fact in asdict(code).items() if fact is not None} for code in codes],
    }
    return write(content) + "\n"


def accept(
    results: str | Path, name: str, run: Run, measurements: Sequence[Measurement], codes: Sequence[PluginCode] = ()
) -> Path:
    """Write a run as the baseline of that name, in place of one that there is; raise `StoreError` where it cannot."""
    path = path_of(results, name)
    # A lone surrogate becomes the escape that JSON has for it.
    data = to_json(run, measurements, codes).encode("utf-8", "backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise StoreError(f"the baseline {path} cannot be written: {error.strerror}") from None
    return path


def path_of(results: str | Path, name: str) -> Path:
    """Return where the baseline of that name is stored; raise `AssayError` for what is not a valid name of a file."""
    if NAME.fullmatch(name) is None or len(name) > LONGEST_NAME:
        remedy = f"use letters, digits, dots, hyphens, at most {LONGEST_NAME}"
        raise AssayError(f"{quoted(name)} is not a valid name of a baseline", remedy=remedy)
    return Path(results) / FOLDER / f"{name}.json"


def default_name(run: Run) -> str:
    """Name a run by its suite and its machine, such as `tutorial-linux-x86_64-py311`."""
    facts = machine(run.environment)
    version = re.search(r"(\d+)\.(\d+)$", facts.get("python", ""))
    parts = [run.suite.partition("/")[0], *facts.get("platform", "").split()]
    parts += [f"py{version[1]}{version[2]}"] if version else []
    return re.sub(r"[^a-z0-9._+-]+", "-", "-".join(parts).lower()).strip("-.") or "baseline"


def read(path: str | Path) -> Outcome:
    """Read a baseline, which has no raw samples; raise `StoreError` for a file that cannot be read, or is not one."""
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise StoreError(f"the baseline {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise StoreError(f"{path} is not valid JSON", remedy="make a baseline with `assay accept`") from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        kind = "the document of a run" if isinstance(content, dict) and "run" in content else "another document"
        raise StoreError(f"{path} is not an accepted baseline but {kind}", remedy="make one with `assay accept`")
    if content.get("schema") != SCHEMA:
        problem = f"{path} has format {content.get('schema')}, and this Assay knows format {SCHEMA}"
        raise StoreError(problem, remedy="upgrade assay, or accept a run again")
    try:
        record = content["run"]
        environment = {name: str(fact) for name, fact in record["environment"].items()}
        run = Run(**record | {"environment": environment, "settings": json.dumps(record["settings"])})
        rows = tuple(map(_measurement, content["rows"]))
        manifest = Manifest.of(len(rows), Counter(row.status for row in rows))
        codes = tuple(PluginCode(**code) for code in content.get("plugins", ()))
        return Outcome(run=run, manifest=manifest, measurements=rows, noise=None, codes=codes)
    except (KeyError, TypeError, ValueError, AttributeError, AssayError) as error:
        said = f"{type(error).__name__}: {error}"
        raise StoreError(f"{path} is a broken baseline: {said}", remedy="accept the run again") from None


def machine(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what figures may depend on beside the code: the machine and the kind of Python.

    These are processor, cores, platform (system and machine, not the build of the kernel), gpu and python
    (implementation, major and minor version). Versions of packages and the git revision are not among them: they are
    what is compared. Nor are load and settings of threads, upon which no exact metric depends.
    """
    system = environment.get("platform", "")
    found = MACHINES.search(system)
    version = re.match(r"(.*?\d+\.\d+)", environment.get("python", ""))
    facts = {
        "processor": environment.get("processor", ""),
        "cores": environment.get("cores", ""),
        "platform": " ".join(filter(None, (system.partition("-")[0], found[0] if found else ""))),
        "gpu": environment.get("gpu", ""),
        "python": version[1] if version else environment.get("python", ""),
    }
    return {name: fact for name, fact in facts.items() if fact}


def differing(baseline: Mapping[str, str], candidate: Mapping[str, str]) -> tuple[str, ...]:
    """Return in which of the checked fields two environments differ: `cores: 2 there, 8 here`."""
    there, here = machine(baseline), machine(candidate)
    names = dict.fromkeys((*there, *here))
    return tuple(
        f"{name}: {there.get(name, NOT_RECORDED)} there, {here.get(name, NOT_RECORDED)} here"
        for name in names
        if there.get(name) != here.get(name)
    )


def _measurement(row: Mapping[str, Any]) -> Measurement:
    return Measurement(
        case=case_from_json(json.dumps(row["case"])),
        status=Status(row["status"]),
        reason=row["reason"],
        remedy=row["remedy"],
        expected=row["expected"],
        code=row.get("code"),
        metrics=Metrics({name: _value(value) for name, value in row["metrics"].items()}),
    )


def _plain(value: Value) -> object:
    """A value as JSON; a number that is not finite is named, since JSON has no such numbers."""
    return {"number": str(value)} if isinstance(value, float) and not math.isfinite(value) else value


def _value(value: Any) -> Value:
    read: Value = float(value["number"]) if isinstance(value, dict) else value
    if not isinstance(read, int | float | str | bool):
        raise TypeError(f"{read!r} is not a value of a metric")
    return read
