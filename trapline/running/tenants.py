"""From what is said of a guest that is packed, `GUEST[=OPTION,...]`, to the `guests.pack.Tenant` that it becomes."""

from collections.abc import Callable
from dataclasses import replace

from guests.pack import BYTES, MAGIC, Tenant, flat, room, unpack
from isa.description import Isa
from isa.devices.backing import copied
from isa.devices.inputs import LARGEST_SCRIPT
from isa.errors import TraplineError, UsageError
from isa.files.sources_read import read_noted
from trapline.running.programs import Program, find
from trapline.running.rig import plenty

MOST_BLOCKS = 1 << 16  # of an empty disk


def tenant(text: str, isa: Isa, machine: str | None) -> Tenant:
    """The guest as the monitor on this machine is to have it. Raises TraplineError in all its kinds."""
    named, _, options = text.partition("=")
    program = find(named, machine)
    program.image.check(isa)
    found = _usual(program)
    for option in filter(None, options.split(",")):
        found = _changed(found, option)
    if "storage:" not in options and holds_guests(found.disk):  # it is a monitor itself
        found = replace(found, storage=room(unpack(found.disk), program.image.top))
    found.check()
    return found


def holds_guests(disk: bytes) -> bool:
    """Whether a disk begins as one with a directory does."""
    return disk[:4] == MAGIC.to_bytes(4, "little")


def _usual(program: Program) -> Tenant:
    """A guest of which nothing was said: with what its header asks for."""
    name, image = program.name.removesuffix(".image"), program.image
    storage, disk = program.storage or plenty(program.isa), bytes(BYTES * program.disk)
    return Tenant(name, flat(image), image.entry, storage, input=program.input, disk=disk)


def _changed(found: Tenant, option: str) -> Tenant:
    key, _, value = option.partition(":")
    if key not in OPTIONS:
        raise UsageError(f"there is no option `{option:.40}` of a guest", f"there are {', '.join(OPTIONS)}")
    return OPTIONS[key](found, value)


def _number(key: str, value: str) -> int:
    try:
        return int(value[:40], 0)
    except ValueError:
        raise UsageError(f"`{key}:{value:.40}` is not a number", f"write `{key}:N`") from None


def _stored(found: Tenant, value: str) -> Tenant:
    return replace(found, storage=_number("storage", value))


def _shared(found: Tenant, value: str) -> Tenant:
    return replace(found, share=_number("share", value))


def _seeded(found: Tenant, value: str) -> Tenant:
    return replace(found, seed=_number("seed", value))


def _empty(found: Tenant, value: str) -> Tenant:
    number = _number("blocks", value)
    if not 0 <= number <= MOST_BLOCKS:
        raise UsageError(f"a disk has at most {MOST_BLOCKS} blocks, not {number}", "write a smaller number")
    return replace(found, disk=bytes(BYTES * number))


def _named(found: Tenant, value: str) -> Tenant:
    return replace(found, name=value)


def _typed(found: Tenant, value: str) -> Tenant:
    try:
        data = read_noted(value, LARGEST_SCRIPT)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(f"cannot read the input {value}: {reason}", "give the name of a readable file") from None
    return replace(found, input=data)


def _with_disk(found: Tenant, value: str) -> Tenant:
    return replace(found, disk=bytes(copied(value).data))


def _with_console(found: Tenant, value: str) -> Tenant:
    if value:
        raise UsageError("`console` has no value", "write `console`, or `input:FILE`")
    return replace(found, console=True, input=b"")


OPTIONS: dict[str, Callable[[Tenant, str], Tenant]] = {
    "name": _named,
    "storage": _stored,
    "share": _shared,
    "input": _typed,
    "console": _with_console,
    "disk": _with_disk,
    "blocks": _empty,
    "seed": _seeded,
}
