"""Make an instructor's key: it signs results, and hidden seeds follow from it."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import written

    parser.add_argument("file", type=written, metavar="FILE", help="the file to make; one that exists is left alone")


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.signing import make_key

    make_key(arguments.file)
    print(f"{arguments.file} is the key: keep it, and show it to nobody")
    return 0
