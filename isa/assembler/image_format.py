"""Images as bytes, and back: docs/image-format.md. Whatever is not exactly such a file is an ImageError."""

import json
import struct
from bisect import bisect_right
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby
from typing import Any

from isa.assembler.image import Image, ImageError, Line, Segment, printable
from isa.assembler.limits import MAX_WORDS
from isa.assembler.macros import MAX_STATEMENT
from isa.assembler.tokens import MAX_LINE
from isa.files.sources_read import read_noted
from isa.files.writing import write_whole

MAGIC = b"\x89TLI\r\n\x1a\n"  # as PNG's: a transfer as text, or through seven bits, shows at once
VERSION = 1
MAX_HEADER = 32 << 20  # bytes
MAX_ENTRIES = 5_000_000  # commas and brackets in the header, which bound the memory it takes
MAX_BYTES = MAX_HEADER + 8 * MAX_WORDS + 64
MAX_NAME = 1 << 12  # characters of a name of any kind
_PREFIX = struct.Struct("<8sHHII32s")
_ASSEMBLE = "assemble the program again"


def dump(image: Image) -> bytes:
    """The image as a file's contents. Raises ImageError if it is larger than `parse` takes."""
    header = json.dumps(_header(image), separators=(",", ":"), sort_keys=True).encode()
    size = (image.word + 7) // 8
    payload = b"".join(word.to_bytes(size, "little") for segment in image.segments for word in segment.words)
    if len(header) > MAX_HEADER or _entries(header) > MAX_ENTRIES or len(payload) > size * MAX_WORDS:
        raise ImageError("the program is too large for an image file", "make it shorter")
    return _prefix(header, payload) + header + payload


def _prefix(header: bytes, payload: bytes) -> bytes:
    lengths = struct.pack("<8sHHII", MAGIC, VERSION, 0, len(header), len(payload))
    return lengths + sha256(lengths + header + payload).digest()


def _entries(header: bytes) -> int:
    return header.count(b",") + header.count(b"[") + header.count(b"{")


def _header(image: Image) -> dict[str, Any]:
    texts: dict[str, int] = {}
    lines = [
        (first, count, *(texts.setdefault(t, len(texts)) for t in (line.file, line.text, line.expansion)), line.line)
        for first, count, line in _runs(image.lines)
    ]
    return {
        "machine": image.machine,
        "word": image.word,
        "names": image.names,
        "digest": image.digest,
        "entry": image.entry,
        "segments": [(s.address, len(s.words)) for s in image.segments],
        "symbols": image.symbols,
        "constants": sorted(image.constants),
        "lines": lines,
        "texts": list(texts),
        "code": image.code,
        "replaced": sorted(image.replaced.items()),
    }


def _runs(lines: dict[int, Line]) -> Iterator[tuple[int, int, Line]]:
    """(first address, count, line) for successive addresses with the same line."""
    ordered = sorted(lines)
    for (_, line), found in groupby(enumerate(ordered), key=lambda pair: (pair[1] - pair[0], lines[pair[1]])):
        addresses = [address for _, address in found]
        yield addresses[0], len(addresses), line


def parse(data: bytes, name: str = "the image") -> Image:
    """The image in a file's contents. Raises ImageError for anything that is truncated, corrupt or too large."""
    try:
        return _parse(data)
    except _Corrupt as corrupt:
        raise ImageError(f"{name} {corrupt}", _ASSEMBLE) from None


class _Corrupt(Exception):
    """Why a file is not an image, to follow its name in a sentence."""


def _parse(data: bytes) -> Image:
    if not data.startswith(MAGIC):
        raise _Corrupt("is not an image" if data else "is empty")
    if len(data) < _PREFIX.size:
        raise _Corrupt("is truncated")
    _, version, reserved, header_size, payload_size, checksum = _PREFIX.unpack_from(data)
    if version != VERSION or reserved:
        raise _Corrupt(f"has version {version} of the format; this program reads version {VERSION}")
    size = _PREFIX.size + header_size + payload_size
    if len(data) != size:
        raise _Corrupt(f"is truncated: {len(data)} of {size} bytes" if len(data) < size else "has bytes behind its end")
    header, payload = data[_PREFIX.size : _PREFIX.size + header_size], data[_PREFIX.size + header_size :]
    if _prefix(header, payload)[-32:] != checksum:
        raise _Corrupt("is corrupt: its checksum is wrong")
    if header_size > MAX_HEADER or _entries(header) > MAX_ENTRIES:
        raise _Corrupt("is too large")
    return _Reader(_json(header), payload).image()


def _json(header: bytes) -> dict[str, Any]:
    try:
        found = json.loads(header)
    except (ValueError, RecursionError):
        raise _Corrupt("is corrupt: its header is not JSON") from None
    if not isinstance(found, dict):
        raise _Corrupt("is corrupt: its header is not an object")
    return found


class _Reader:
    """Reads a header, trusting nothing in it."""

    def __init__(self, header: dict[str, Any], payload: bytes) -> None:
        self.header, self.payload = header, payload
        self.word = _number(self._get("word"), 1, 64, "word")
        self.last = (1 << self.word) - 1

    def _get(self, key: str) -> Any:
        if key not in self.header:
            raise _Corrupt(f"is corrupt: its header has no `{key}`")
        return self.header[key]

    def image(self) -> Image:
        segments = self._segments()
        symbols = self._symbols()
        constants = frozenset(_texts(self._get("constants"), MAX_NAME, "constants"))
        if not constants <= symbols.keys():
            raise _wrong("constants")
        return Image(
            machine=_text(self._get("machine"), MAX_NAME, "machine"),
            word=self.word,
            names=tuple(_texts(self._get("names"), MAX_NAME, "names")),
            digest=_text(self._get("digest"), 64, "digest"),
            segments=segments,
            entry=_number(self._get("entry"), 0, self.last, "entry"),
            symbols=symbols,
            constants=constants,
            lines=self._lines(sum(len(s.words) for s in segments)),
            code=self._code(segments),
            replaced=self._replaced(segments),
        )

    def _segments(self) -> tuple[Segment, ...]:
        words = self._words()
        segments: list[Segment] = []
        used = free = 0
        for entry in _list(self._get("segments"), "segments"):
            address, count = _numbers(entry, 2, "segments")
            if not free <= address or not 1 <= count <= len(words) - used or address + count > self.last + 1:
                raise _wrong("segments")
            segments.append(Segment(address, words[used : used + count]))
            used, free = used + count, address + count
        if used != len(words):
            raise _wrong("segments")
        return tuple(segments)

    def _words(self) -> tuple[int, ...]:
        size = (self.word + 7) // 8
        count, rest = divmod(len(self.payload), size)
        if rest or count > MAX_WORDS:
            raise _Corrupt("is too large" if count > MAX_WORDS else "is corrupt: it ends within a word")
        found = tuple(int.from_bytes(self.payload[i : i + size], "little") for i in range(0, count * size, size))
        if any(word > self.last for word in found):
            raise _Corrupt(f"is corrupt: a word has more than {self.word} bits")
        return found

    def _symbols(self) -> dict[str, int]:
        found = self._get("symbols")
        if not isinstance(found, dict):
            raise _wrong("symbols")
        limit = 1 << 128
        return {_text(n, MAX_LINE, "symbols"): _number(v, -limit, limit, "symbols") for n, v in found.items()}

    def _lines(self, words: int) -> dict[int, Line]:
        texts = list(_texts(self._get("texts"), max(MAX_LINE, 2 * MAX_STATEMENT), "texts"))
        lines: dict[int, Line] = {}
        for entry in _list(self._get("lines"), "lines"):
            first, count, file, text, expansion, number = _numbers(entry, 6, "lines")
            words -= count
            if words < 0 or not 0 <= first <= first + count - 1 <= self.last or number < 1:
                raise _wrong("lines")
            if not all(0 <= index < len(texts) for index in (file, text, expansion)):
                raise _wrong("lines")
            line = Line(texts[file], number, texts[text], texts[expansion])
            lines.update(dict.fromkeys(range(first, first + count), line))
        return lines

    def _code(self, segments: tuple[Segment, ...]) -> tuple[tuple[int, int], ...]:
        """Runs in order, each in a segment. Files from before this was written have none."""
        found: list[tuple[int, int]] = []
        free = 0
        for entry in _list(self.header.get("code", []), "code"):
            first, count = _numbers(entry, 2, "code")
            if first < free or count < 1 or not _inside(segments, first, count):
                raise _wrong("code")
            found.append((first, count))
            free = first + count
        return tuple(found)

    def _replaced(self, segments: tuple[Segment, ...]) -> dict[int, int]:
        found: dict[int, int] = {}
        for entry in _list(self.header.get("replaced", []), "replaced"):
            address, word = _numbers(entry, 2, "replaced")
            if not _inside(segments, address, 1) or not 0 <= word <= self.last:
                raise _wrong("replaced")
            found[address] = word
        return found


def _inside(segments: tuple[Segment, ...], first: int, count: int) -> bool:
    """Whether these addresses lie in one of the segments, which are in order."""
    at = bisect_right(segments, first, key=lambda segment: segment.address) - 1
    return at >= 0 and first + count <= segments[at].end


def _wrong(what: str) -> _Corrupt:
    return _Corrupt(f"is corrupt: its header's `{what}` cannot be so")


def _number(value: Any, low: int, high: int, what: str) -> int:
    if type(value) is not int or not low <= value <= high:
        raise _wrong(what)
    return value


def _numbers(value: Any, count: int, what: str) -> list[int]:
    if not isinstance(value, list) or len(value) != count or not all(type(v) is int for v in value):
        raise _wrong(what)
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(what)
    return value


def _text(value: Any, longest: int, what: str) -> str:
    if not isinstance(value, str) or len(value) > longest or printable(value) != value:
        raise _wrong(what)
    return value


def _texts(value: Any, longest: int, what: str) -> Iterator[str]:
    return (_text(v, longest, what) for v in _list(value, what))


def save_image(image: Image, path: str) -> None:
    """Write an image file, whole or not at all; a pipe or a device is written to directly. Raises ImageError."""
    try:
        write_whole(path, dump(image))
    except OSError as error:
        raise ImageError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None


def load_image(path: str) -> Image:
    """Read an image file. Raises ImageError."""
    try:
        data = read_noted(path, MAX_BYTES)
    except OSError as error:
        raise ImageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    if len(data) > MAX_BYTES:
        raise ImageError(f"{path} is larger than {MAX_BYTES} bytes", "this is no image")
    return parse(data, path)
