"""Make a folder with what a lab begins with."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    from trapline.options import written

    parser.add_argument("lab", type=str, metavar="LAB", help="a lab's name or number")
    parser.add_argument("folder", type=written, metavar="DIR", help="the folder to make")
    parser.add_argument("--seed", type=str, metavar="STUDENT", default="", help="whose it is: your name or number")


def run(arguments: argparse.Namespace) -> int:
    from trapline.labs.folder import start
    from trapline.labs.reading import find
    from trapline.output import emit_json

    lab = find(arguments.lab)
    files = start(lab, arguments.folder, arguments.seed)
    if arguments.json:
        emit_json({"lab": lab.name, "folder": arguments.folder, "seed": arguments.seed, "files": files})
    else:
        print(f"{lab.name}: {lab.title}. {arguments.folder} has {', '.join(files)}")
        print(f"begin with {arguments.folder}/handout.md; check with `trapline lab check {arguments.folder}`")
    return 0
