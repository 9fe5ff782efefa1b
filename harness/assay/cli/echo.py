"""Lines on standard error, and on standard output."""

from __future__ import annotations

import sys

import click

from assay.report.text.escape import NO_BREAK, escape_terminal


def echo_stderr(text: str) -> None:
    """Write one line to standard error; whatever a plugin or a corpus put into it is text."""
    click.echo(escape_terminal(text, sys.stderr.encoding).replace(NO_BREAK, " "), err=True)


def echo_stdout(text: str) -> None:
    """Write one line to standard output, likewise."""
    click.echo(escape_terminal(text, sys.stdout.encoding).replace(NO_BREAK, " "))
