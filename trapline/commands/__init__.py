"""One module per subcommand, found by name: `SUMMARY`, `configure(parser)` and `run(arguments) -> exit code`.

To add a subcommand, add a module. What costs time to import is imported inside `run`.
"""
