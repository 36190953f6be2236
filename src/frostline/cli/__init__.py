"""The command line."""

import sys


def main() -> None:
    """Entry point of the ``frostline`` program."""
    from frostline.cli.app import main as run

    sys.exit(run())
