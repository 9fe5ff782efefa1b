"""`assay report`."""

from __future__ import annotations

import click

from assay.cli import options


@click.command("report")
@click.argument("run", required=False)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of standard output.")
@options.results
def report(run: str | None, output: str | None, results: str) -> int:
    """Write the results of a RUN, by default the newest, as a Markdown page."""
    from assay.noise import noise_floor
    from assay.report import as_page, write_markdown
    from assay.store import Store

    store = Store(results, create=False)
    try:
        record = store.run(run)
        manifest = store.manifest(record.id)
        measurements = store.measurements(record.id)
        noise = noise_floor(store.anchors(record.id))
    finally:
        store.close()
    if output is None:
        click.echo(as_page(record, manifest, measurements, noise), nl=False)
    else:
        write_markdown(output, record, manifest, measurements, noise)
    return 0
