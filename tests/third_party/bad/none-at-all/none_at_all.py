"""Has an entry point to nothing."""

plugin = None
