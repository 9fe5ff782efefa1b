"""What a command writes: lines and tables on standard output, and lines on standard error."""

from __future__ import annotations

import sys

import click

from assay.report.text.escape import NO_BREAK, escape_terminal
from assay.report.text.table import Table


def echo_stderr(text: str) -> None:
    """Write one line to standard error; whatever a plugin or a corpus put into it is text."""
    click.echo(escape_terminal(text, sys.stderr.encoding).replace(NO_BREAK, " "), err=True)


def echo_warning(text: str) -> None:
    """Warn of something on standard error."""
    echo_stderr(f"assay: warning: {text}")


def echo_stdout(text: str) -> None:
    """Write one line to standard output, likewise."""
    click.echo(escape_terminal(text, sys.stdout.encoding).replace(NO_BREAK, " "))


def echo_tables(*tables: Table) -> None:
    """Write tables to standard output: drawn on a terminal, as TSV elsewhere."""
    from assay.report.tables.results import write

    write(tables)
