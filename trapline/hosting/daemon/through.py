"""A host that another thread owns, as if it were at hand: what is asked of it is done there, between two portions."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from trapline.hosting.daemon.owning import Busy, Owning

if TYPE_CHECKING:
    from monitor.host import Host

PARTS = ("ledger", "objects", "contents")  # of which methods are asked, too
KNOWN = ("capacity", "folder", "living", "path")  # what never changes, and may be looked at by anybody
PATIENCE, AGAIN = 10.0, 0.05  # seconds that a host may have too much to do, and between two tries


class _Through:
    def __init__(self, owning: Owning, get: "Callable[[Host], Any]", looks: bool = False) -> None:
        self._owning, self._get, self._looks = owning, get, looks

    def __getattr__(self, name: str) -> Any:
        get = self._get
        if name in PARTS:
            return _Through(self._owning, lambda host: getattr(get(host), name), looks=True)
        if name in KNOWN:
            return self._asked(lambda host: getattr(get(host), name))
        return lambda *given: self._asked(lambda host: getattr(get(host), name)(*given))

    def _asked(self, what: "Callable[[Host], Any]") -> Any:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._owning.ask(what, self._looks).result()
            except Busy:
                if time.monotonic() > until:
                    raise
                time.sleep(AGAIN)


def through(owning: Owning) -> "Host":
    """The host, for whoever moves machines: its methods, and those of its ledger and its objects. Raises what they do,
    and Busy."""
    return cast("Host", _Through(owning, lambda host: host))
