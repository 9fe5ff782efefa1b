"""Measure one case inside a worker: build the plugin, check its output, then time it."""
