"""The command line: flags to a selection, results to standard output, everything else to standard error."""
