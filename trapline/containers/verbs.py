"""The verbs of `trapline container`: what each needs, and what it does. A verb gives what `--json` shows, and prints it
as text otherwise; its exit code is 0 if nothing is wrong."""

import argparse
from typing import TYPE_CHECKING, Any

from trapline.options import add_define_option, add_engine_option, count, read, written
from trapline.volumes.verb import Told, Verb

if TYPE_CHECKING:
    from trapline.containers.image import Image

STEPS = 100_000_000


def _recipe(text: str) -> str:
    """A file that is read, or the name of a recipe that is shipped."""
    import os

    from trapline.containers.recipe import shipped

    return text if not os.path.isfile(text) and text in shipped() else read(text)


def _building(parser: argparse.ArgumentParser) -> None:
    help = "a TOML file (docs/containers.md), or what is shipped: visits, keeper, escape"
    parser.add_argument("recipe", type=_recipe, metavar="RECIPE", help=help)
    parser.add_argument(
        "-o",
        "--output",
        type=written,
        metavar="PATH",
        required=True,
        help="a new folder, or a file that ends with .tar",
    )


def _build(arguments: argparse.Namespace) -> Told:
    from trapline.containers.building import build
    from trapline.containers.recipe import read_recipe
    from trapline.containers.writing import write
    from trapline.running.claims import claim

    image, files = build(read_recipe(arguments.recipe))
    claim(arguments)
    write(files, arguments.output)
    facts = _facts(arguments.output, image)
    size = sum(len(data) for data in files.values())
    line = f"{arguments.output}: {_counted(len(image.layers), 'layer')}, {size:,} bytes; {image.digest}"
    return {**facts, "bytes": size}, [line], 0


def _showing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("image", type=read, metavar="IMAGE", help="a folder, or a file that ends with .tar")


def _show(arguments: argparse.Namespace) -> Told:
    from trapline.containers.reading import read as read_image

    image = read_image(arguments.image)
    facts = _facts(arguments.image, image)
    limits = ", ".join(f"{name} {value:,}" for name, value in facts["limits"].items())
    lines = [f"{arguments.image}: {image.digest}", f"  runs {image.command}; {limits}"]
    for number, layer in enumerate(image.layers, 1):
        lines.append(f"  layer {number}: {image.diffs[number - 1]}")
        for name, contents in layer.items():
            lines.append(f"    {name}: {'hidden' if contents is None else f'{len(contents):,} bytes'}")
    return facts, lines, 0


def _images(parser: argparse.ArgumentParser) -> None:
    help = "an image; `=name:NAME,times:N,console` behind it says what it is called, how many, and who has the console"
    parser.add_argument("images", metavar="CONTAINER", nargs="+", help=help)


def _packing(parser: argparse.ArgumentParser) -> None:
    _images(parser)
    parser.add_argument("-o", "--output", type=written, metavar="DISK", required=True, help="where the disk is written")


def _pack(arguments: argparse.Namespace) -> Told:
    from isa.errors import TraplineError
    from isa.files.writing import write_whole
    from trapline.containers.running import boot, containers
    from trapline.running.claims import claim

    found = containers(arguments.images)
    booting = boot(found)
    claim(arguments)
    try:
        write_whole(arguments.output, booting.disk)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot write {arguments.output}: {reason}", "give another place") from None
    processes = booting.kernel.symbols["PROCESSES"]
    command = f"trapline run containers --disk {arguments.output} --storage {booting.words}"
    command += f" --define PROCESSES={processes}"
    facts = {
        "disk": arguments.output,
        "containers": [one.name for one in found],
        "blocks": len(booting.disk) // 512,
        "storage": booting.words,
        "processes": processes,
    }
    line = f"{arguments.output}: {_counted(len(found), 'container')}, {facts['blocks']} blocks; `{command}`"
    return facts, [line], 0


def _running(parser: argparse.ArgumentParser) -> None:
    _images(parser)
    parser.add_argument("--steps", type=count, metavar="N", default=STEPS, help="at most (default: %(default)s)")
    parser.add_argument("--storage", type=count, metavar="WORDS", help="of the machine; otherwise what they need")
    parser.add_argument("--input", type=read, metavar="FILE", help="what is typed for the container with the console")
    add_define_option(parser)
    add_engine_option(parser)


def _run(arguments: argparse.Namespace) -> Told:
    import sys

    from isa.devices import Console, Script
    from isa.devices.inputs import LARGEST_SCRIPT
    from isa.machine import Reason
    from trapline.containers.recipe import read_from
    from trapline.containers.running import boot, code, containers, told
    from trapline.output import engine_in_use
    from trapline.running.claims import claim
    from trapline.running.launch import Stdout

    found = containers(arguments.images)
    booting = boot(found, arguments.define or (), arguments.storage)
    typed = Script(read_from(arguments.input, LARGEST_SCRIPT)) if arguments.input else None
    claim(arguments)
    sys.stdout.flush()  # the machine writes past Python's buffer
    machine = booting.machine(engine_in_use(arguments.engine), typed, None if arguments.json else Stdout())
    end = machine.run(arguments.steps)
    console = machine.ports.find(Console)
    assert console is not None
    each = told(machine, booting.kernel, found)
    halted = end.reason is Reason.HALT and code(machine) == 0 and bool(each)
    facts: dict[str, Any] = {
        "reason": end.reason.value,
        "steps": machine.steps,
        "storage": booting.words,
        "blocks": len(booting.disk) // 512,
        "containers": each,
        "output": console.output.decode("latin-1"),
    }
    lines = [f"after {machine.steps:,} steps: {end.reason.value}"]
    for one in each:
        standing = f"{_counted(one['processes'], 'process', 'processes')} left" if one["processes"] else "has ended"
        failed = f", {one['failed']} failed" if one["failed"] else ""
        lines.append(
            f"  {one['name']}: {standing}{failed}, charged {one['steps']:,} steps, {one['blocks']} blocks written"
        )
    if not each:
        lines.append("  the kernel does not know its containers any more")
    return facts, lines, 0 if halted and not any(one["failed"] for one in each) else 1


def _facts(path: str, image: "Image") -> dict[str, Any]:
    from trapline.containers.image import LIMITS

    return {
        "image": path,
        "digest": image.digest,
        "command": image.command,
        "limits": {name: getattr(image.limits, name) for name in LIMITS},
        "layers": [
            {"digest": diff, "files": {name: None if data is None else len(data) for name, data in layer.items()}}
            for diff, layer in zip(image.diffs, image.layers, strict=True)
        ],
    }


def _counted(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


VERBS = {
    "build": Verb("make an image from a recipe, as an OCI image layout", _building, _build),
    "show": Verb("what an image is, if it can be run here", _showing, _show),
    "run": Verb("run containers of images on one kernel", _running, _run),
    "pack": Verb("pack them onto a disk for `trapline run containers`, a host or a debugger", _packing, _pack),
}
