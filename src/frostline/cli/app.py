"""The command line: parses, calls ``workflow``, shows. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

import typer
from typer.exceptions import Abort, Exit, TyperException

from frostline._version import __version__
from frostline.cli.check import check_command
from frostline.cli.diagnose import diagnose_command
from frostline.cli.report import report_command
from frostline.core.errors import FrostlineError

# What a shell reports for a program that Ctrl-C ended.
_INTERRUPTED = 130

app = typer.Typer(
    name="frostline",
    help="Why is transfer learning performing poorly on these images, and what fixes it? Measured, not guessed.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("check")(check_command)
app.command("diagnose")(diagnose_command)
app.command("report")(report_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"frostline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    del version


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 fine, 1 failed, 2 usage, 3 a ``--fail-on`` condition, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A file name in another encoding must not end the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = app(args=arguments, standalone_mode=False)
    except Abort:
        return _stopped()
    except Exit as error:
        return error.exit_code
    except TyperException as error:
        # Usage errors show the command's synopsis themselves; the base class has no such method.
        show = getattr(error, "show", None)
        show() if show else print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except FrostlineError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        return 1
    except Exception as error:
        return _unexpected(error)
    # This is how typer reports Ctrl-C.
    if result == _INTERRUPTED:
        return _stopped()
    return result if isinstance(result, int) else 0


def _stopped() -> int:
    print("\nStopped. Nothing that was finished is lost: the same command goes on where it stopped.", file=sys.stderr)
    return _INTERRUPTED


def _unexpected(error: Exception) -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="frostline-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as stream:
        traceback.print_exc(file=stream)
    print(
        f"error: something went wrong inside Frostline: {type(error).__name__}: {error}\n"
        f"  What to do: this is a bug; please report it with {Path(stream.name)} (nothing is sent by itself).",
        file=sys.stderr,
    )
    return 1
