"""The work as a script of pyperf, which runs it once more for each of its processes."""

from __future__ import annotations

import pyperf

from benchmarks import work

if __name__ == "__main__":
    pyperf.Runner().bench_func("work", work.chosen())
