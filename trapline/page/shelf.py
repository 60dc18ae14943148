"""What is shipped, to begin with: guests and machines, with their texts."""

from typing import Any

from guests.catalogue import find, guests
from isa.errors import UsageError
from isa.language.shipped import sources
from isa.machines.catalogue import describe


def shelf() -> dict[str, Any]:
    """Names and what is said of them."""
    machines = [{"name": name, "parent": parent, "about": doc} for name, parent, doc in describe()]
    return {
        "guests": [{"name": g.name, "about": g.summary, "machine": g.machine} for g in guests()],
        "machines": machines,
    }


def text_of(name: str) -> dict[str, str]:
    """The text of a shipped guest, or the description that a shipped machine stands in; `file` is what to call it."""
    if name in sources():
        return {"file": f"{name}.isa", "text": sources()[name].text}
    try:
        return {"file": f"{name}.s", "text": find(name).source()}
    except UsageError:
        raise UsageError(f"nothing that is shipped is called `{name:.60}`", "see the list") from None
