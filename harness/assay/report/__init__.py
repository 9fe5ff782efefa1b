"""Show results: tables, text that is safe to print, and the formats in which reports are written."""
