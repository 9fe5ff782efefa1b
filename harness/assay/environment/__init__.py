"""What surrounds a run: machine, packages, git, interpreters, virtual environments and cache folders."""
