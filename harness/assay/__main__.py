"""`python -m assay`, and the entry point of the `assay` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from assay.cli.parent import attend

    sys.exit(attend(_run))


def _run() -> int:
    from assay.cli.app import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    main()
