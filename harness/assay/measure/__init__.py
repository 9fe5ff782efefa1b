"""Measuring one case: build the plugin, check its output, then time it."""
