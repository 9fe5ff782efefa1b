"""Measurements of Assay itself, on the machine that they run on. They are run from a checkout, not installed."""
