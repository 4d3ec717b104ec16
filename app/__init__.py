"""Everything that runs: use cases, the composition root, command line, daemon and console."""
