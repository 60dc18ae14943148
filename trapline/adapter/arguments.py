"""What a client sends with a request, read by type: nothing in it is believed."""

from collections.abc import Iterator

from isa.errors import UsageError

FAR = 1 << 62


class Arguments:
    """The arguments of a request, or a mapping inside them; `where` says what it is. Raises UsageError for what is
    missing, or of another type."""

    def __init__(self, where: str, values: dict[str, object]) -> None:
        self.where, self.values = where, values

    def _wrong(self, key: str, what: str) -> UsageError:
        return UsageError(f"`{key}` of `{self.where:.40}` is not {what}", "the protocol's schema says what it must be")

    def _get(self, key: str, what: str) -> object:
        if key not in self.values:
            raise UsageError(f"`{self.where:.40}` needs `{key}`, {what}")
        return self.values[key]

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """Text that can be written anywhere."""
        value = self._get(key, "a text") if default is None else self.values.get(key, default)
        if not isinstance(value, str) or value.encode(errors="replace").decode() != value:
            raise self._wrong(key, "a text")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        value = self._get(key, "a number") if default is None else self.values.get(key, default)
        if type(value) is not int or not -FAR <= value <= FAR:
            raise self._wrong(key, "a number")
        return value

    def flag(self, key: str) -> bool:
        """False if it is not there."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def inside(self, key: str) -> "Arguments":
        """The mapping there."""
        value = self._get(key, "a mapping")
        if not isinstance(value, dict):
            raise self._wrong(key, "a mapping")
        return Arguments(key, value)

    def each(self, key: str) -> "Iterator[Arguments]":
        """The mappings in a list; none if it is not there."""
        for value in self._list(key):
            if not isinstance(value, dict):
                raise self._wrong(key, "a list of mappings")
            yield Arguments(key, value)

    def texts(self, key: str) -> list[str]:
        """The texts in a list; none if it is not there."""
        found = self._list(key)
        return [Arguments(self.where, {key: value}).text(key) for value in found]

    def _list(self, key: str) -> list[object]:
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return value
