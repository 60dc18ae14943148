"""Where the process starts: `trapline`, and `python -m trapline`, which is the same. Go on at `trapline.cli`."""

import gc
import signal
import sys

from trapline.interrupts import code, raising
from trapline.surroundings import check

BAD_PLACE = 3  # as for any other file that cannot be used
ROOMY = 50_000  # objects made between two looks for garbage; loading makes many, and none of them is garbage


def start() -> int:
    """Run the command line. Ctrl-C and SIGTERM are answered here too, since they may come while modules are loaded."""
    gc.set_threshold(ROOMY)
    try:
        check()
    except ImportError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_PLACE
    try:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # not if we were started to ignore it
            signal.signal(signal.SIGTERM, raising)
        from trapline.cli import main

        return main()
    except KeyboardInterrupt as interrupt:
        print("\ninterrupted", file=sys.stderr)
        return code(interrupt)
    except Exception as error:
        from trapline.mistakes import mistake

        found = mistake(error)
        print(found.render(), file=sys.stderr)
        return found.exit_code
    finally:
        gc.freeze()  # all of it goes with the process: do not look for garbage in it once more


if __name__ == "__main__":
    sys.exit(start())
