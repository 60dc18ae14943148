"""The three properties of a monitor (Popek and Goldberg 1974, section 4), and what is raised when one is broken."""

from enum import Enum


class Property(Enum):
    """The values are stable and appear in JSON reports."""

    EFFICIENCY = "efficiency"
    CONTROL = "resource control"
    EQUIVALENCE = "equivalence"


STATEMENTS = {
    Property.EFFICIENCY: "every innocuous instruction runs directly",
    Property.CONTROL: "no guest changes its resources except through the allocator",
    Property.EQUIVALENCE: "a guest does the same as on the bare machine",
}


class Broken(Exception):
    """A property does not hold; `detail` says how, in one line."""

    def __init__(self, which: Property, detail: str) -> None:
        super().__init__(f"{which.value}: {detail}")
        self.which, self.detail = which, detail
