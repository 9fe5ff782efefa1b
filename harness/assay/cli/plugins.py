"""`assay plugins`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from assay.cli import options
from assay.cli.echo import echo_stdout
from assay.cli.plugin_options import PluginOptions, takes_plugins_and_timeout
from assay.records.json_document import write


@click.group("plugins")
def plugins() -> None:
    """Ask about the plugins themselves; `assay list --verbose` lists them."""


@plugins.command("why")
@click.argument("name")
@takes_plugins_and_timeout
@options.as_json
def why(name: str, plugins: PluginOptions, as_json: bool) -> int:
    """Report why NAME can or cannot be used, where it comes from, and what fixes it.

    NAME is a tokenizer, attention, corpus, metric or report, or a plugin: an entry point, a distribution,
    DISTRIBUTION:ENTRY_POINT, or a Python file.

    Exits with 3 when it cannot be used, or not all of it.
    """
    from assay.plugins.diagnosis import diagnose

    if Path(name).suffix == ".py" and Path(name).is_file():
        plugins.plugins = (*plugins.plugins, name)
    found = diagnose(plugins.host(), name)
    if as_json:
        click.echo(write({"plugins": [asdict(each) for each in found]}))
    else:
        for number, each in enumerate(found):
            if number:
                click.echo()
            for sentence in each.sentences:
                echo_stdout(sentence)
            for remedy in each.remedies:
                echo_stdout(f"{'To have it' if each.usable else 'What to do'}: {remedy}")
    return 0 if all(each.usable for each in found) else 3
