"""Where the process starts: `trapline`, and `python -m trapline`, which is the same. Go on at `trapline.cli`."""

import sys


def start() -> int:
    """Run the command line. Ctrl-C is answered here too, since it may come while the modules are being loaded."""
    try:
        from trapline.cli import main

        return main()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(start())
