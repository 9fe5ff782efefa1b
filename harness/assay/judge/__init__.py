"""Judging readings of two versions: pure functions from readings to verdicts; no process, file or clock is touched."""
