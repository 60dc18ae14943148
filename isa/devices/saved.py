"""Reading saved state back. A saved state is a file that anybody may have touched, so nothing in it is believed.

`Saved` wraps a mapping and hands out its values by type and range; what does not fit is a MachineError.
"""

import base64
import binascii

from isa.errors import MachineError

LARGEST = 2**64 - 1


def packed(data: bytes | bytearray) -> str:
    """Bytes as text for JSON; `Saved.data` reads it back."""
    return base64.b64encode(data).decode("ascii")


class Saved:
    """A saved mapping of the part called `where`."""

    def __init__(self, where: str, values: object) -> None:
        self.where = where
        if not isinstance(values, dict):
            raise self.damaged("it is not a mapping")
        self._values: dict[str, object] = values

    def damaged(self, what: str) -> MachineError:
        return MachineError(f"the saved state of the {self.where} is damaged: {what}", "use another saved state")

    def _get(self, key: str) -> object:
        if key not in self._values:
            raise self.damaged(f"`{key}` is missing")
        return self._values[key]

    def has(self, key: str) -> bool:
        return key in self._values

    def number(self, key: str, most: int = LARGEST) -> int:
        """A number from 0 to `most`."""
        value = self._get(key)
        if type(value) is not int or not 0 <= value <= most:
            raise self.damaged(f"`{key}` is not a number from 0 to {most}")
        return value

    def flag(self, key: str) -> bool:
        return bool(self.number(key, 1))

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            raise self.damaged(f"`{key}` is not text")
        return value

    def data(self, key: str) -> bytes:
        """The bytes given to `packed`."""
        try:
            return base64.b64decode(self.text(key), validate=True)
        except (binascii.Error, ValueError):
            raise self.damaged(f"`{key}` is not base64") from None

    def list(self, key: str) -> list[object]:
        value = self._get(key)
        if not isinstance(value, list):
            raise self.damaged(f"`{key}` is not a list")
        return value

    def mapping(self, key: str) -> dict[str, object]:
        value = self._get(key)
        if not isinstance(value, dict):
            raise self.damaged(f"`{key}` is not a mapping")
        return value
