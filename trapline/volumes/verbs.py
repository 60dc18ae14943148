"""The verbs of `trapline volume`: what each needs, and what it does. A verb gives what `--json` shows, and prints it as
text otherwise; its exit code is 0 if nothing is wrong."""

import argparse
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError
from trapline.options import read, updated, written
from trapline.volumes.groups import GROUPS
from trapline.volumes.groups import facts as group_facts
from trapline.volumes.verb import Told, Verb, add_file, add_format, copy, reasoned, size

if TYPE_CHECKING:
    from monitor.volumes.qcow2.image import Image


def _creating(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=written,
        metavar="FILE",
        help="an image if it ends with .qcow2, thin if with .thin, a pool if with .pool, else raw",
    )
    parser.add_argument("size", type=size, metavar="SIZE", nargs="?", help="bytes, such as 65536, 64K or 2G")
    parser.add_argument("--on", type=read, metavar="FILE", help="let the image stand on FILE, beside it or below")
    add_format(parser, "what the file is that the image stands on", "--on-format")
    parser.add_argument(
        "--pool", type=size, metavar="BYTES", help="what there is of a thin volume, which ends with .thin"
    )
    parser.add_argument("--in", dest="within", type=updated, metavar="FILE", help="the pool that a thin volume shares")
    parser.add_argument("--cluster", type=size, metavar="BYTES", default=65536, help="of an image (default: 64K)")


def _create(arguments: argparse.Namespace) -> Told:
    import os

    from monitor.volumes import qcow2
    from monitor.volumes.file import HostFile
    from monitor.volumes.opening import create_member, create_overlay
    from monitor.volumes.pool import make_pool
    from monitor.volumes.thin import make_thin

    path, bits = arguments.file, arguments.cluster.bit_length() - 1
    image = path.endswith(".qcow2")
    if (arguments.size is None) == (arguments.on is None) or (arguments.on and not image):
        raise TraplineError(
            "a volume has a size, or it is an image that stands on another file", "give SIZE, or `--on`"
        )
    pools = [pool for pool in (arguments.pool, arguments.within) if pool is not None]
    if path.endswith(".toml") or path.endswith(".thin") != (len(pools) == 1):
        rule = "a volume of parts is made by `make`, and a thin one has a pool"
        raise TraplineError(rule, "give `--pool BYTES`, or `--in FILE` for one that it shares")
    if 1 << bits != arguments.cluster:
        raise TraplineError(f"a cluster cannot have {arguments.cluster} bytes", "give a power of two")
    if arguments.on:
        folder = os.path.dirname(os.path.abspath(path))
        create_overlay(path, os.path.relpath(arguments.on, folder), arguments.on_format, bits)
    elif image:
        qcow2.create(path, arguments.size, bits=bits)
    elif path.endswith(".pool"):
        with reasoned(path):
            make_pool(path, arguments.size)
    elif arguments.within is not None:
        folder = os.path.dirname(os.path.abspath(path))
        with reasoned(path):
            create_member(path, arguments.size, os.path.relpath(arguments.within, folder))
    else:
        with reasoned(path), open(path, "xb") as file:
            file.truncate(arguments.size if arguments.pool is None else arguments.pool)
        if path.endswith(".thin"):
            try:
                with reasoned(path), closing(HostFile(path)) as pool:
                    make_thin(pool, arguments.size)
            except TraplineError:
                os.unlink(path)
                raise
    return _info(argparse.Namespace(file=path, format=None))


def _info(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.group import Group
    from monitor.volumes.opening import open_volume
    from monitor.volumes.pool import Pool
    from monitor.volumes.qcow2.image import Image
    from monitor.volumes.thin import CLUSTER, Thin

    facts: dict[str, Any]
    if arguments.file.endswith(".pool"):
        with reasoned(arguments.file), closing((pool := Pool(arguments.file, writable=False)).file):
            facts = {"file": arguments.file, "format": "pool", "size": pool.clusters * CLUSTER}
            facts["free"] = pool.free * CLUSTER
        return facts, [f"{arguments.file}: pool, {facts['size']:,} bytes, {facts['free']:,} of them free"], 0
    with reasoned(arguments.file), closing(open_volume(arguments.file, arguments.format, writable=False)) as volume:
        facts = {"file": arguments.file, "format": "raw", "size": volume.size}
        if isinstance(volume, Image):
            facts |= _facts(volume)
        elif isinstance(volume, Thin):
            facts |= {"format": "thin", "free": volume.free, "taken": volume.taken}
        elif isinstance(volume, Group):
            facts |= group_facts(volume)
    lines = [f"{arguments.file}: {facts['format']}, {facts['size']:,} bytes"]
    lines += [f"{facts['free']:,} bytes of the pool are free"] if "free" in facts else []
    if facts["format"] == "qcow2":
        lines.append(f"clusters of {facts['cluster']:,} bytes, {facts['clusters']:,} of its own")
        lines += [f"stands on {facts['on']}"] if facts["on"] else []
        lines += [f"snapshot {one['name']}" for one in facts["snapshots"]]
    return facts, lines, 0


def _grown(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.file import HostFile
    from monitor.volumes.opening import named_format
    from monitor.volumes.pool import Pool, belongs

    format = named_format(arguments.file)
    if format not in ("raw", "thin", "pool"):
        raise TraplineError(
            f"{arguments.file} cannot grow in place", "`trapline volume convert` copies it into a new one"
        )
    if format == "pool":
        with reasoned(arguments.file), closing((pool := Pool(arguments.file)).file):
            pool.grow(arguments.size)
        return _info(argparse.Namespace(file=arguments.file, format=None))
    with reasoned(arguments.file), closing(HostFile(arguments.file)) as file:
        if format == "thin" and belongs(file):
            raise TraplineError(f"{arguments.file} shares its pool with others", "give that more room")
        if arguments.size < file.size:
            raise TraplineError(f"{arguments.file} has {file.size} bytes already", "give a larger size")
        file.resize(arguments.size)
    return _info(argparse.Namespace(file=arguments.file, format=None))


def _growing(parser: argparse.ArgumentParser) -> None:
    add_file(parser, changes=True, format=False)
    parser.add_argument("size", type=size, metavar="SIZE", help="bytes of the file, such as 2G")


def _removing(parser: argparse.ArgumentParser) -> None:
    add_file(parser, changes=True, format=False)


def _removed(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.opening import named_format, remove

    if named_format(arguments.file) != "thin":
        raise TraplineError(f"{arguments.file} is no thin volume", "`rm` removes it")
    with reasoned(arguments.file):
        remove(arguments.file)
    return {"file": arguments.file}, [f"{arguments.file} is removed"], 0


def _facts(image: "Image") -> dict[str, Any]:
    from monitor.volumes.qcow2 import check
    from monitor.volumes.qcow2.snapshots import snapshots

    listed = [{"id": one.id, "name": one.name, "seconds": one.seconds, "size": one.size} for one in snapshots(image)]
    own = {"cluster": image.cluster, "clusters": check(image).clusters}
    return {"format": "qcow2", **own, "on": image.header.backing, "snapshots": listed}


def _check(arguments: argparse.Namespace) -> Told:
    """An image that cannot be opened is refused by whoever opens it; a raw file has nothing to be wrong."""
    from monitor.volumes.opening import open_image
    from monitor.volumes.qcow2 import check

    with reasoned(arguments.file), closing(open_image(arguments.file, writable=False)) as image:
        found = check(image)
    facts = {"file": arguments.file, "errors": list(found.errors), "leaks": list(found.leaks)}
    lines = [f"error: {line}" for line in found.errors] + [f"leak: {line}" for line in found.leaks]
    good = not found.errors and not found.leaks
    return facts, lines or [f"{arguments.file}: nothing is wrong with it"], 0 if good else 1


def _mapped(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.opening import open_volume

    with reasoned(arguments.file), closing(open_volume(arguments.file, arguments.format, writable=False)) as volume:
        found, at = [], 0
        for length, zero in volume.extents(0, volume.size):
            found.append({"start": at, "length": length, "zero": zero})
            at += length
    lines = [f"{one['start']:>14,} {one['length']:>14,} {'zeros' if one['zero'] else 'data'}" for one in found]
    return {"file": arguments.file, "extents": found}, lines, 0


def _converting(parser: argparse.ArgumentParser) -> None:
    add_file(parser, changes=False)
    parser.add_argument("output", type=written, metavar="OUTPUT", help="an image if it ends with .qcow2, else raw")


def _convert(arguments: argparse.Namespace) -> Told:
    import os
    from contextlib import suppress

    from monitor.volumes.opening import open_volume

    with reasoned(arguments.file), closing(open_volume(arguments.file, arguments.format, writable=False)) as volume:
        made = _create(
            argparse.Namespace(file=arguments.output, size=volume.size, on=None, cluster=65536, pool=None, within=None)
        )
        try:
            with closing(open_volume(arguments.output)) as output:
                copy(volume, output)
        except BaseException:
            with suppress(OSError):
                os.unlink(arguments.output)  # half a copy is none
            raise
    return _info(argparse.Namespace(file=arguments.output, format=None)) if made else made


def _committing(parser: argparse.ArgumentParser) -> None:
    add_file(parser, changes=True, format=False)


def _commit(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.opening import commit

    moved = commit(arguments.file)
    return {"file": arguments.file, "moved": moved}, [f"{arguments.file}: {moved:,} bytes went down"], 0


def _rebasing(parser: argparse.ArgumentParser) -> None:
    add_file(parser, changes=True, format=False)
    parser.add_argument("--on", type=read, metavar="FILE", help="what it is to stand on; without it, on nothing")
    add_format(parser, "what that file is", "--on-format")
    parser.add_argument("--changed", action="store_true", help="it is to show what that which it stands on has become")


def _rebase(arguments: argparse.Namespace) -> Told:
    import os

    from monitor.volumes.opening import rebase

    folder = os.path.dirname(os.path.abspath(arguments.file))
    name = os.path.relpath(arguments.on, folder) if arguments.on else ""
    taken = rebase(arguments.file, name, arguments.on_format, arguments.changed)
    return {"file": arguments.file, "taken": taken}, [f"{arguments.file}: {taken:,} bytes are its own now"], 0


def _snapping(parser: argparse.ArgumentParser) -> None:
    add_file(parser, changes=True, format=False)
    parser.add_argument("what", choices=("take", "revert", "forget"))
    parser.add_argument("name", type=str, metavar="NAME", help="of the snapshot")


def _snapshot(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.opening import open_image
    from monitor.volumes.qcow2 import snapshots

    with reasoned(arguments.file), closing(open_image(arguments.file)) as image:
        if arguments.what == "take":
            snapshots.take(image, arguments.name, int(time.time()))
        elif arguments.what == "revert":
            snapshots.revert(image, arguments.name)
        else:
            snapshots.forget(image, arguments.name)
        facts = _facts(image)
    there = ", ".join(one["name"] for one in facts["snapshots"]) or "none"
    return {"file": arguments.file, **facts}, [f"{arguments.file}: snapshots: {there}"], 0


VERBS = {
    "create": Verb("make an empty volume, or an image that stands on another file", _creating, _create),
    "info": Verb("what a volume is", lambda parser: add_file(parser, changes=False), _info),
    "check": Verb("whether an image fits together", lambda p: add_file(p, changes=False, format=False), _check),
    "map": Verb("which bytes are known to be zeros", lambda parser: add_file(parser, changes=False), _mapped),
    "convert": Verb("copy a volume into a new one, of another format", _converting, _convert),
    "snapshot": Verb("keep what an image is now, go back to it, or forget it", _snapping, _snapshot),
    "remove": Verb("remove a thin volume, and give its pool back what it took", _removing, _removed),
    "grow": Verb("give a raw volume, or the pool of a thin one, more room", _growing, _grown),
    "commit": Verb("write what an image has into what it stands on, and empty it", _committing, _commit),
    "rebase": Verb("let an image stand on something else, and show the same", _rebasing, _rebase),
    **GROUPS,
}
