"""`python -m proofs.variants`: judge many variants, and print what they came to and each text that fails."""

import argparse
import sys

from proofs.variants.many import summary


def main(arguments: list[str]) -> int:
    """0 if the property holds for all of them, 1 if it does not."""
    parser = argparse.ArgumentParser(prog="python -m proofs.variants", description=__doc__)
    parser.add_argument("--count", type=_counted, default=100, help="how many variants (100)")
    parser.add_argument("--seed", type=_counted, default=0, help="the number of the first (0)")
    parser.add_argument("--workers", type=_counted, default=2, help="processes; 0 is this one (2)")
    chosen = parser.parse_args(arguments)
    found = summary(range(chosen.seed, chosen.seed + chosen.count), chosen.workers, _progress)
    for failure in found.failures:
        print("\n".join(found.report(failure)))
    print("\n".join(found.lines()))
    return 1 if found.failures or found.lost else 0


def _counted(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) <= 8):
        raise argparse.ArgumentTypeError(f"{text!r:.40} is not a whole number from 0 to 99999999")
    return int(text)


def _progress(done: int, jobs: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {jobs} jobs", end="\n" if done == jobs else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
