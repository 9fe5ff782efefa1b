"""`assay new-plugin`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from assay.cli import options
from assay.records.json_document import write


@click.command("new-plugin")
@click.argument("name")
@options.kind_of_plugin(default="tokenizer", show_default=True, help="What it brings.")
@click.option("--file", "single_file", is_flag=True, help="Write a single file, for --plugin FILE.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The new folder, or with --file the new file.  [default: by NAME, here]",
)
@click.option(
    "--repository",
    metavar="URL",
    help="The project's page on GitHub, for its links.  [default: one with OWNER to be replaced]",
)
@options.as_json
def new_plugin(
    name: str, kind: str, single_file: bool, output: Path | None, repository: str | None, as_json: bool
) -> int:
    """Write a plugin of your own to begin with: it works, conforms, and is yours to change.

    NAME is that of the project, of its module, and of what it announces. A project has a pyproject.toml with the entry
    point, a package with its data, a test, a README and workflows for CI. Nothing that exists is overwritten.
    """
    from assay.plugins.discovery import discover
    from assay.plugins.scaffold import scaffold

    written = scaffold(discover(), name, kind, output=output, single_file=single_file, repository=repository)
    if as_json:
        click.echo(write(asdict(written)))
        return 0
    click.echo(f"wrote the {written.kind} {written.name}:")
    for file in written.files:
        click.echo(f"  {file}")
    click.echo("next:")
    for command in written.commands:
        click.echo(f"  {command}")
    return 0
