"""What each of the other tools runs: a test file, a benchmark suite and a script, all of the same work."""
