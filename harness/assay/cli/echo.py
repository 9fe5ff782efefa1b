"""What a command writes: lines and tables on standard output, and lines on standard error."""

from __future__ import annotations

import logging
import sys

import click

from assay.credentials import mask
from assay.report.text.escape import NO_BREAK, escape_terminal
from assay.report.text.table import Table


def as_text(text: str, encoding: str) -> str:
    """Return what can be shown in an encoding, without credentials; whatever a plugin or a corpus put in is text."""
    return escape_terminal(mask(text), encoding).replace(NO_BREAK, " ")


def echo_stderr(text: str) -> None:
    """Write one line to standard error."""
    click.echo(as_text(text, sys.stderr.encoding), err=True)


def echo_warning(text: str) -> None:
    """Warn of something on standard error."""
    echo_stderr(f"assay: warning: {text}")


class WarningHandler(logging.Handler):
    """Warns of what a layer below has logged, which knows no command."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line to standard error."""
        echo_warning(record.getMessage())


def echo_stdout(text: str) -> None:
    """Write one line to standard output."""
    click.echo(as_text(text, sys.stdout.encoding))


def echo_tables(*tables: Table) -> None:
    """Write tables to standard output: drawn on a terminal, as TSV elsewhere."""
    from assay.report.tables.results import write

    write(tables)
