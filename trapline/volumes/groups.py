"""The verbs of `trapline volume` about volumes of several parts: made, looked at, scrubbed, broken and mended."""

import argparse
import os
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from isa.errors import TraplineError
from trapline.options import count, read, updated
from trapline.progress import Counter
from trapline.volumes.verb import Told, Verb, copy, reasoned

if TYPE_CHECKING:
    from monitor.volumes.group import Group

DEGRADED = 1  # exit code


def facts(group: "Group") -> dict[str, Any]:
    """What `info` and `status` tell of a group."""
    label = group.label
    states = [
        "lost" if i in group.failed else "rebuilding" if i == label.rebuilding else "good" for i in range(label.parts)
    ]
    done = {"filled": label.upto, "of": label.each} if label.rebuilding >= 0 else {}
    return {"format": label.level, "size": group.size, "chunk": label.chunk, "parts": states, **done}


def _told(path: str, group: "Group") -> Told:
    found = {"file": path, **facts(group)}
    lines = [f"{path}: {found['format']}, {found['size']:,} bytes"]
    lines += [f"part {i}: {state}" for i, state in enumerate(found["parts"])]
    if "filled" in found:
        lines.append(f"filled {found['filled']:,} of {found['of']:,} bytes")
    return found, lines, DEGRADED if group.degraded else 0


def _naming(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=updated, metavar="VOLUME.toml", help="the file that names the parts")


def _making(parser: argparse.ArgumentParser) -> None:
    _naming(parser)
    parser.add_argument("--of", type=read, metavar="FILE", help="with what another volume holds; otherwise empty")


def _make(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.group import make
    from monitor.volumes.opening import open_volume

    if arguments.of is None:
        make(arguments.file)
        return _status(arguments)
    with reasoned(arguments.of), closing(open_volume(arguments.of, writable=False)) as source:
        made = make(arguments.file)
        try:
            with reasoned(arguments.file), closing(open_volume(arguments.file)) as volume:
                if source.size > volume.size:
                    rule = f"{arguments.of} has {source.size:,} bytes, and {arguments.file} {volume.size:,}"
                    raise TraplineError(rule, "write a larger `size`")
                copy(source, volume)
        except BaseException:
            for part in made.parts:
                with suppress(OSError):
                    os.unlink(part)  # half a copy is none
            raise
    return _status(arguments)


def _status(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.group import open_group

    with reasoned(arguments.file), closing(open_group(arguments.file)) as group:
        return _told(arguments.file, group)


def _scrub(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.group import open_group, scrub

    with reasoned(arguments.file), closing(open_group(arguments.file)) as group:
        with Counter(f"{arguments.file}: ", "bytes of each part scrubbed") as counter:
            found = scrub(group, counter.show)
        result, lines, code = _told(arguments.file, group)
    lines.append(f"{found.repaired} stretches mended, {found.disagreeing} rows disagreed")
    return {**result, "repaired": found.repaired, "disagreeing": found.disagreeing}, lines, code


def _failing(parser: argparse.ArgumentParser) -> None:
    _naming(parser)
    parser.add_argument("part", type=_index, metavar="PART", help="which, counted from 0")


def _index(text: str) -> int:
    return 0 if text == "0" else count(text)


def _fail(arguments: argparse.Namespace) -> Told:
    from monitor.volumes.group import open_group

    with reasoned(arguments.file), closing(open_group(arguments.file)) as group:
        _there(arguments, group)
        group.give_up(arguments.part)
        return _told(arguments.file, group)


def _there(arguments: argparse.Namespace, group: "Group") -> None:
    if arguments.part >= group.label.parts:
        help = f"its parts are 0 to {group.label.parts - 1}"
        raise TraplineError(f"{arguments.file} has no part {arguments.part}", help)


def _rebuild(arguments: argparse.Namespace) -> Told:
    """The file of the lost part is made anew, under its name, unless it is being filled already."""
    from monitor.volumes.file import HostFile
    from monitor.volumes.group import open_group, rebuild
    from monitor.volumes.group.definition import read_definition
    from monitor.volumes.group.mending import replace_part
    from monitor.volumes.group.part import needed

    wanted = read_definition(arguments.file)
    with reasoned(arguments.file), closing(open_group(arguments.file)) as group:
        _there(arguments, group)
        if group.label.rebuilding != arguments.part:
            path = wanted.parts[arguments.part]
            spare = f"{path}.new"
            with open(spare, "wb") as file:
                file.truncate(needed(wanted.each))
            volume = HostFile(spare)
            try:
                replace_part(group, arguments.part, volume)
            except ValueError as error:
                volume.close()
                os.unlink(spare)
                raise TraplineError(f"cannot rebuild part {arguments.part}: {error}") from None
            os.replace(spare, path)
        with Counter(f"{arguments.file}: ", "bytes filled") as counter:
            rebuild(group, counter.show)
        group.flush()
        return _told(arguments.file, group)


GROUPS = {
    "make": Verb("make the parts that a file names", _making, _make),
    "status": Verb("which parts of a volume are good; exit code 1 if one is not", _naming, _status),
    "scrub": Verb("read everything that the parts hold, and mend what can be mended", _naming, _scrub),
    "fail": Verb("leave a part out, as if it had failed", _failing, _fail),
    "rebuild": Verb("make a lost part anew, and fill it from the others", _failing, _rebuild),
}
