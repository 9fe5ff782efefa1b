"""Imports what is not there, and does not say in its metadata that it needs it."""

import a_library_that_nobody_has  # noqa: F401
