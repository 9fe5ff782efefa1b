"""`python -m assay`, and the entry point of the `assay` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from assay.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
