"""The command line: one module for each command, named after it. Data goes to stdout, everything else to stderr."""
