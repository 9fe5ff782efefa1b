"""`assay show`."""

from __future__ import annotations

import click

from assay.cli import options


@click.command("show")
@click.argument("run", required=False)
@click.option("--runs", is_flag=True, help="List the runs instead.")
@options.results
@options.as_json
def show(run: str | None, runs: bool, results: str, as_json: bool) -> int:
    """Show the results of a RUN again, by id or its beginning; the newest by default."""
    from assay import document, tables
    from assay.noise import noise_floor
    from assay.store import Store

    store = Store(results, create=False)
    try:
        if runs:
            found = store.runs()
            if as_json:
                click.echo(document.write({"runs": [document.run_record(item) for item in found]}))
                return 0
            columns = ("id", "state", "started", "suite", "command")
            rows = tuple(tuple(str(getattr(item, column)) for column in columns) for item in found)
            tables.write([tables.Table(title=f"runs in {store.path}", columns=columns, rows=rows)])
            return 0
        record = store.run(run)
        measurements = store.measurements(record.id)
        noise = noise_floor(store.anchors(record.id))
        planned = len(store.planned(record.id))
    finally:
        store.close()
    if as_json:
        click.echo(document.of_run(record, measurements, noise))
    else:
        tables.show(measurements)
    if len(measurements) < planned:
        click.echo(f"run {record.id} is {record.state}: {len(measurements)} of {planned} cases are there", err=True)
    return 0
