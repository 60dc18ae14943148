"""Who may ask the server for anything: whoever knows the address with its token, from a page of ours, on this machine.

A page of another site can have a browser ask us too, and can name us by a name of its own. So a request must be for the
host that we are, and come from no other origin; one that opens the socket must say where it comes from.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")


@dataclass(frozen=True)
class Guard:
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser calls us."""
        return tuple(f"{name}:{self.port}" for name in NAMES)

    @property
    def address(self) -> str:
        """All that somebody needs to be let in."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def narrow(self, what: str) -> "Guard":
        """A guard of this alone."""
        return replace(self, token=narrowed(self.token, what))

    def refusal(self, token: str, headers: Mapping[str, str], socket: bool = False) -> str:
        """Why a request is refused; nothing if it is not."""
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return "this address lacks its token: take the one that the command has printed"
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if host not in self.hosts:
            return "this host has another name"
        if origin is None and not socket:
            return ""
        return "" if origin == f"http://{host}" else "a page from elsewhere may not ask for this"


def narrowed(token: str, what: str) -> str:
    """Another token, for this alone: who has it cannot tell that for all, nor that for anything else."""
    made = hmac.digest(token.encode(), what.encode(), "sha256")
    return base64.urlsafe_b64encode(made[:24]).decode()


def headers(guard: Guard) -> dict[str, str]:
    """What a browser is told of every answer: to fetch nothing from elsewhere, to keep nothing, and to tell nobody."""
    sockets = " ".join(f"ws://{host}" for host in guard.hosts)  # and what a page of ours asks for by itself
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "data:",
        "connect-src": f"'self' {sockets}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
