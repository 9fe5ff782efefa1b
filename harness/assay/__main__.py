"""`python -m assay`, and the entry point of the `assay` command."""

from __future__ import annotations

import sys

# Results are many objects that stay, and none is in a circle: looking through them again and again finds nothing.
COLLECT = (100_000, 20, 50)


def main() -> None:
    """Run the command line and exit with its code."""
    from assay.cli.parent import attend

    sys.exit(attend(_run))


def _run() -> int:
    import gc

    from assay.cli.app import run

    gc.set_threshold(*COLLECT)
    return run(sys.argv[1:])


if __name__ == "__main__":
    main()
