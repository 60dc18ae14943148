"""Where the process starts: `trapline`, and `python -m trapline`, which is the same. Go on at `trapline.cli`."""

import gc
import sys

from trapline.surroundings import check

BAD_PLACE = 3  # as for any other file that cannot be used
ROOMY = 50_000  # objects made between two looks for garbage; loading makes many, and none of them is garbage


def start() -> int:
    """Run the command line. Ctrl-C is answered here too, since it may come while the modules are being loaded."""
    gc.set_threshold(ROOMY)
    try:
        check()
    except ImportError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_PLACE
    try:
        from trapline.cli import main

        return main()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    finally:
        gc.freeze()  # all of it goes with the process: do not look for garbage in it once more


if __name__ == "__main__":
    sys.exit(start())
