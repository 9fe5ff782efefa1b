"""`assay accept`."""

from __future__ import annotations

import click

from assay.cli import options
from assay.cli.echo import echo_stderr, echo_warning
from assay.errors import AssayError
from assay.store.location import Location


@click.command("accept")
@click.argument("run", required=False)
@click.option("--name", metavar="NAME", help="The baseline's name.  [default: by suite and machine]")
@options.results
def accept(run: str | None, name: str | None, results: Location) -> int:
    """Keep a RUN, by default the newest, as a baseline: one file to commit, for `assay check --baseline FILE`.

    It is written to DIR/baselines/NAME.json, in place of what was there. Raw samples stay in the store.
    """
    from assay.store import baselines
    from assay.store.store import Store

    with Store(results, read_only=True) as store:
        record = store.run(run)
        manifest = store.manifest(record.id)
        measurements, codes = store.measurements(record.id, raw=False), store.codes(record.id)
    if manifest.missing:
        raise AssayError(
            f"run {record.id} is {record.state}: {manifest}", remedy=f"end it with `assay run --resume {record.id}`"
        )
    blamed = [row.case.id for row in measurements if row.blamed]
    path = baselines.accept(results.folder, name or baselines.default_name(record), record, measurements, codes)
    if blamed:
        more = f" and {len(blamed) - 1} more" if len(blamed) > 1 else ""
        echo_warning(f"failed cases are accepted as such: {blamed[0]}{more}")
    echo_stderr(f"run {record.id} ({manifest}) is accepted; commit the file")
    click.echo(str(path))
    return 0
