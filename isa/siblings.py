"""Trapline's packages have short names, and Python takes the first module of a name on its path: in a folder with a
`monitor.py` of one's own, that one. Here it is noticed, before anything goes wrong in a way that nobody understands.
"""

import os
from importlib.util import find_spec


class StrangerError(ImportError):
    """Another module stands where one of ours should be."""

    def __init__(self, name: str, place: str, home: str) -> None:
        help = f"rename it, or start Python where it is not found first: Trapline needs the name `{name}`"
        super().__init__(f"`{name}` is {place}, not Trapline's in {home}\nhelp: {help}", name=name, path=place)


def check(package: str, *names: str) -> None:
    """Raises StrangerError unless the modules of these names stand beside the package with this `__file__`."""
    home = os.path.dirname(os.path.dirname(os.path.realpath(package)))
    for name in names:
        place = where(name)
        if place and os.path.dirname(os.path.dirname(os.path.realpath(place))) != home:
            raise StrangerError(name, place, home)


def where(name: str) -> str:
    """The file of the module that an import of this name gives; empty if there is none."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):  # one without a spec, made by hand
        return ""
    if spec is None:
        return ""
    return spec.origin or next(iter(spec.submodule_search_locations or ()), "")
