"""The face of Trapline: the command line, its reports and the demo. Nothing imports it. Start at `trapline.cli`."""

from trapline.surroundings import check, is_command

if not is_command():  # the command says it without a traceback: `trapline.__main__`
    check()
