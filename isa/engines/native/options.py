"""How the native engine works: what is compiled, when, and where. The defaults are right for everybody but tests."""

from isa.classes import dataclass

HOT = 20_000  # jumps to a place before a region is made there: about a tenth of a millisecond of interpretation

SHORT = 10  # steps: to go into a region and out of it costs more than one saves from which fewer are taken each time

FUSE = 1 << 25  # steps in threaded code before its runs are looked for: what is hot is in regions long before


@dataclass(frozen=True, slots=True)
class Options:
    """`regions`: whether hot code is translated; `hot`: after how many jumps to its place; `short`: unless it is left
    within fewer steps than so many; `background`: whether a second core does it while the guest runs on; `full`:
    whether regions that prove hot are compiled once more, with more passes (None: those that are), at once (True) or
    never (False); `fuse`: after how many steps outside of regions runs of instructions get handlers of their own (0:
    never)."""

    regions: bool = True
    hot: int = HOT
    short: int = SHORT
    background: bool = True
    full: bool | None = None
    fuse: int = FUSE
