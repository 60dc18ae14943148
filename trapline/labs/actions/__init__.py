"""What `trapline lab` does: one module for each action, with `configure(parser)` and `run(arguments) -> exit code`."""
