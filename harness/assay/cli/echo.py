"""Lines on standard error, and on standard output."""

from __future__ import annotations

import sys

import click

from assay.report.text.safe_text import NO_BREAK, visible


def echo_stderr(text: str) -> None:
    """Write one line to standard error; whatever a plugin or a corpus put into it is text."""
    click.echo(visible(text, sys.stderr.encoding).replace(NO_BREAK, " "), err=True)


def echo_stdout(text: str) -> None:
    """Write one line to standard output, likewise."""
    click.echo(visible(text, sys.stdout.encoding).replace(NO_BREAK, " "))
