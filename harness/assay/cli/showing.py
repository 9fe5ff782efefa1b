"""`assay show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from assay.manifest import Manifest
    from assay.records import Run


COLUMNS = ("id", "state", "started", "suite", "planned", "ok", "failed", "skipped", "missing", "command")


@click.command("show")
@click.argument("run", required=False)
@click.option("--runs", is_flag=True, help="List the runs instead.")
@options.results
@options.as_json
def show(run: str | None, runs: bool, results: str, as_json: bool) -> int:
    """Show the results of a RUN again, by id or its beginning; the newest by default."""
    from assay import document, findings, tables
    from assay.noise import noise_floor
    from assay.store import Store

    store = Store(results, create=False)
    try:
        if runs:
            found = store.runs()
            if as_json:
                click.echo(
                    document.write({"runs": [document.run_record(item, store.manifest(item.id)) for item in found]})
                )
                return 0
            rows = tuple(_listed(item, store.manifest(item.id)) for item in found)
            tables.write([tables.Table(title=f"runs in {store.path}", columns=COLUMNS, rows=rows)])
            return 0
        record = store.run(run)
        measurements = store.measurements(record.id)
        noise = noise_floor(store.anchors(record.id))
        manifest = store.manifest(record.id)
    finally:
        store.close()
    if as_json:
        click.echo(document.of_run(record, manifest, measurements, noise))
    else:
        findings.show(measurements)
    if manifest.missing:
        remedy = f"go on with `assay run --resume {record.id}`"
        click.echo(f"run {record.id} is {record.state}: {manifest}; {remedy}", err=True)
    return 0


def _listed(run: Run, manifest: Manifest) -> tuple[str, ...]:
    counts = (manifest.planned, manifest.ok, manifest.failed, manifest.skipped + manifest.unsupported, manifest.missing)
    return (run.id, run.state, run.started, run.suite, *map(str, counts), run.command)
