"""Whether `trapline debug` is to be an application, on the terminal or in a browser, and then the start of it."""

import argparse
import os
import sys
from importlib.util import find_spec

from isa.errors import UsageError
from trapline.combinations import refuse

INSTALL = "install it: pip install 'trapline[tui]'"
DRIVER = "TEXTUAL_DRIVER"  # is set where a browser is the screen


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether there is a screen to draw on, and nobody asked for plain words. Raises UsageError for a browser that
    cannot be had."""
    plain = arguments.plain or arguments.json or arguments.batch is not None
    if plain:
        refuse(arguments, ["web"], "draws, and plain words were asked for", "leave the one or the other away")
    if arguments.web:
        if find_spec("textual_serve") is None:
            raise UsageError("`--web` needs textual-serve, which is not installed", INSTALL)
        return True
    refuse(arguments, ["port"], "is that of a browser's page", "add `--web`")
    if plain or not _drawable():
        return False
    if find_spec("textual") is None:
        print(f"words alone, since textual is not installed; for the application {INSTALL}", file=sys.stderr)
        return False
    return True


def show(arguments: argparse.Namespace) -> int:
    """Debug on the screen; the exit code."""
    from trapline.debugging.opening import opened

    quiet = argparse.Namespace(**{**vars(arguments), "json": True})  # the guest prints on its pane
    with opened(quiet) as debugger:
        if arguments.web and DRIVER not in os.environ:
            from trapline.screen.served.server import serve

            return serve(arguments.port)
        from trapline.screen.application import Application

        application = Application(debugger, title_of(arguments))
        application.run()
        if application.failure is not None:
            raise application.failure
        return application.return_code or 0


def title_of(arguments: argparse.Namespace) -> str:
    """What is debugged, as it was asked for."""
    from monitor.techniques.catalogue import under

    if arguments.moment is not None:
        return f"trapline debug: {arguments.moment.title}"
    techniques = arguments.monitor.techniques
    where = f"under {under(techniques)}" if techniques else "bare"
    guests = " ".join([arguments.guest or arguments.resume, *arguments.beside])
    return f"trapline debug: {guests}, {where}"


def _drawable() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
