"""The `assay` command: its commands, and how every error becomes one line and an exit code."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Sequence

import click

from assay.cli import crash, streams
from assay.cli.accept import accept
from assay.cli.bisect import bisect_
from assay.cli.check import check
from assay.cli.compare import compare
from assay.cli.config import IGNORED, NO_CONFIG, defaults, no_config
from assay.cli.conform import conform
from assay.cli.data import data
from assay.cli.doctor import doctor
from assay.cli.echo import WarningHandler, echo_stderr
from assay.cli.history import history
from assay.cli.interrupt import INTERRUPTED
from assay.cli.list import list_
from assay.cli.new_plugin import new_plugin
from assay.cli.plugins import plugins
from assay.cli.report import export, report
from assay.cli.run import run_
from assay.cli.show import show
from assay.cli.store import store
from assay.cli.tokens import tokens
from assay.errors import AssayError

EPILOG = (
    "Exit codes: 0 fine, 1 a regression, 2 usage or bad input, 3 a plugin or case failed or nothing was measured, "
    "4 not all could be told, 5 something is missing or not comparable, 70 a plugin ended the command or Assay failed, "
    "129, 130, 143 interrupted, 141 the reader of the output has gone. "
    "Defaults can be set by ASSAY_<OPTION>, under [tool.assay] in pyproject.toml, or in assay.toml; "
    "--no-config, before or after the command, ignores these files."
)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay-bench", message="assay %(version)s")
@click.option(NO_CONFIG, is_flag=True, expose_value=False, help="Ignore the settings files of the current folder.")
def app() -> None:
    """Benchmark tokenizers and attention implementations: correct first, then fast, honest about noise."""


for command in (
    run_,
    list_,
    plugins,
    new_plugin,
    conform,
    show,
    compare,
    check,
    bisect_,
    accept,
    history,
    tokens,
    report,
    export,
    store,
    doctor,
    data,
):
    app.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code; every error is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an output that knows only ASCII is no reason to crash
    log = logging.getLogger("assay")
    if not any(isinstance(handler, WarningHandler) for handler in log.handlers):
        log.addHandler(WarningHandler())
    try:
        ignored, arguments = no_config(arguments)
        IGNORED.set(ignored)
        helping = not {"-h", "--help"}.isdisjoint(arguments)
        settings = {} if helping else defaults(app.commands)
        with app.make_context("assay", list(arguments), default_map=settings) as context:
            code: object = app.invoke(context)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except AssayError as error:
        return _echo_error(str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.ClickException as error:
        return _echo_error(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        return _echo_error("interrupted", INTERRUPTED)
    except OSError as error:
        return _unwritable(error)
    except BaseException as error:
        return crash.report(error)


def _unwritable(error: OSError) -> int:
    """Return the exit code of an error that comes from writing to standard output, or a full disk; tell of it."""
    if isinstance(error, BrokenPipeError) and streams.is_closed_pipe(1):
        streams.discard_output()
        return streams.CLOSED_PIPE
    if error.errno not in streams.UNWRITABLE:
        return crash.report(error)
    streams.discard_output()
    what = "standard output" if error.filename is None else error.filename
    return _echo_error(f"{what} cannot be written: {error.strerror} (free some space, or write elsewhere)", 2)


def _echo_error(message: str, code: int) -> int:
    echo_stderr(f"assay: {'' if code == INTERRUPTED else 'error: '}{message}")
    return code
