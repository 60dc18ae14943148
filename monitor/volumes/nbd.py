"""Volumes served to other programs: NBD, the protocol of network block devices, as `nbdcopy` and `qemu-img` speak it.

The specification is the NetworkBlockDevice project's doc/proto.md: the fixed newstyle handshake, then requests. Served
are reading, writing, flushing (which is a flush of the volume, on whichever connection), zeros, and the stretches that
are known to be zeros (`base:allocation`), in simple and in structured replies. `trapline volume serve` is for users.

A client is a stranger. It has a thread of its own, can hold no more than one request's bytes, and is given up when it
says nonsense, leaves a message half-said, or takes nothing for a minute; nobody else notices.
"""

import errno
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.clients import PATIENCE, Clients, Connection, Gone
from monitor.volumes.volume import Volume

GREETING = b"NBDMAGIC" + b"IHAVEOPT" + struct.pack(">H", 3)  # fixed newstyle, and no zeros after an export
OPTION, REPLY = 0x49484156454F5054, 0x3E889045565A9
EXPORT_NAME, ABORT, LIST, INFO, GO, STRUCTURED, LIST_CONTEXTS, SET_CONTEXTS = 1, 2, 3, 6, 7, 8, 9, 10
ACK, SERVER, INFORMATION, CONTEXT = 1, 2, 3, 4
UNSUPPORTED, INVALID, UNKNOWN, TOO_BIG = 1 << 31 | 1, 1 << 31 | 3, 1 << 31 | 6, 1 << 31 | 9
REQUEST, SIMPLE, CHUNK = 0x25609513, 0x67446698, 0x668E33EF
READ, WRITE, DISCONNECT, FLUSH, TRIM, ZEROES, STATUS = 0, 1, 2, 3, 4, 6, 7
FUA, ONE = 1, 8  # flags of a request
HAS_FLAGS, READ_ONLY, CAN_FLUSH, CAN_FUA, CAN_TRIM, CAN_ZERO, MANY = 1, 2, 4, 8, 32, 64, 256
NONE, DATA, HOLE, EXTENTS, ERROR = 0, 1, 2, 5, 1 << 15 | 1  # kinds of chunks
DONE = 1
ALLOCATION, CONTEXT_ID = b"base:allocation", 1
ZEROS = 3  # a hole that reads as zeros
MOST_OPTION, MOST_DATA, MOST_EXTENTS = 8192, 1 << 25, 1 << 30


@dataclass
class Export:
    """A volume under a name. One request at a time has it."""

    name: str
    volume: Volume
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def flags(self) -> int:
        can = CAN_FLUSH | CAN_FUA | CAN_TRIM | CAN_ZERO if self.volume.writable else READ_ONLY
        return HAS_FLAGS | MANY | can


class Session:
    """One client, on a connected socket."""

    def __init__(self, connection: Connection, exports: dict[str, Export]) -> None:
        self.connection, self.exports = connection, exports
        self.export: Export | None = None
        self.structured = self.allocation = False
        self.flags = 0

    def serve(self) -> None:
        """All of it, until the client goes. Raises Gone, OSError."""
        self.connection.say(GREETING)
        (self.flags,) = self._take(">I")
        if self.flags & ~3:
            raise Gone
        while self.export is None:
            if not self._option():
                return
        while self._request(self.export):
            pass

    def _take(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self.connection.take(struct.calcsize(form)))

    # -- the handshake --

    def _option(self) -> bool:
        """Answer one option; False if there is nothing more to say."""
        magic, option, length = self._take(">QII")
        if magic != OPTION:
            raise Gone
        if length > MOST_OPTION:
            if length > MOST_DATA:
                raise Gone
            self.connection.take(length)
            self._reply(option, TOO_BIG)
            return True
        data = self.connection.take(length)
        if option == EXPORT_NAME:
            return self._old_way(data)
        if option == ABORT:
            self._reply(option, ACK)
            return False
        if option == LIST:
            self._list(option, data)
        elif option in (INFO, GO):
            self._info(option, data)
        elif option == STRUCTURED:
            self._structure(option, data)
        elif option in (LIST_CONTEXTS, SET_CONTEXTS):
            self._contexts(option, data)
        else:
            self._reply(option, UNSUPPORTED)
        return True

    def _reply(self, option: int, kind: int, data: bytes = b"") -> None:
        self.connection.say(struct.pack(">QIII", REPLY, option, kind, len(data)) + data)

    def _old_way(self, data: bytes) -> bool:
        """The first clients' option has no answer that says no."""
        export = self.exports.get(data.decode("utf-8", "replace"))
        if export is None:
            return False
        zeros = b"" if self.flags & 2 else bytes(124)
        self.connection.say(struct.pack(">QH", export.volume.size, export.flags) + zeros)
        self.export = export
        return True

    def _list(self, option: int, data: bytes) -> None:
        if data:
            return self._reply(option, INVALID)
        for name in self.exports:
            self._reply(option, SERVER, struct.pack(">I", len(name.encode())) + name.encode())
        self._reply(option, ACK)

    def _info(self, option: int, data: bytes) -> None:
        try:
            (length,) = struct.unpack_from(">I", data)
            (count,) = struct.unpack_from(">H", data, 4 + length)
        except struct.error:
            return self._reply(option, INVALID)
        if len(data) != 6 + length + 2 * count:
            return self._reply(option, INVALID)
        export = self.exports.get(data[4 : 4 + length].decode("utf-8", "replace"))
        if export is None:
            return self._reply(option, UNKNOWN, b"there is no such export")
        self._reply(option, INFORMATION, struct.pack(">HQH", 0, export.volume.size, export.flags))
        self._reply(option, INFORMATION, struct.pack(">HIII", 3, 1, 4096, MOST_DATA))  # sizes of requests
        self._reply(option, ACK)
        if option == GO:
            self.export = export

    def _structure(self, option: int, data: bytes) -> None:
        self.structured = not data
        self._reply(option, INVALID if data else ACK)

    def _contexts(self, option: int, data: bytes) -> None:
        queries = _queries(data)
        if queries is None or not self.structured:
            return self._reply(option, INVALID)
        name, wanted = queries
        if name not in self.exports:
            return self._reply(option, UNKNOWN)
        listed = option == LIST_CONTEXTS and (not wanted or b"base:" in wanted)
        found = ALLOCATION in wanted or listed
        if found:
            self._reply(option, CONTEXT, struct.pack(">I", CONTEXT_ID) + ALLOCATION)
        if option == SET_CONTEXTS:
            self.allocation = found
        self._reply(option, ACK)

    # -- requests --

    def _request(self, export: Export) -> bool:
        """Do one request; False if it was the last."""
        self.connection.wait()
        magic, flags, command, cookie, offset, length = self._take(">IHHQQI")
        if magic != REQUEST:
            raise Gone
        if command == WRITE and length > MOST_DATA:
            raise Gone  # nobody could tell where the next request begins without taking all of it
        data = self.connection.take(length) if command == WRITE else b""
        if command == DISCONNECT:
            return False
        with export.lock:
            try:
                parts = self._done(export.volume, command, flags, offset, length, data)
            except (OSError, ValueError) as error:
                parts = None
                number = _number(error)
        if parts is None:
            self._fail(cookie, number)
        else:
            self._answer(cookie, parts, offset)
        return True

    def _done(
        self, volume: Volume, command: int, flags: int, offset: int, length: int, data: bytes
    ) -> list[tuple[int, bytes]]:
        """What was asked for, as chunks of an answer. Raises OSError, ValueError."""
        if command in (WRITE, TRIM, ZEROES) and not volume.writable:
            raise PermissionError(errno.EPERM, "it is read-only")
        if command != FLUSH and (offset + length > volume.size or not length):
            raise OSError(errno.ENOSPC if command in (WRITE, ZEROES) else errno.EINVAL, "outside of the volume")
        if command == READ:
            if length > MOST_DATA:
                raise OSError(errno.EOVERFLOW, "too much at once")
            return list(self._read(volume, offset, length))
        if command == STATUS and self.allocation:
            return [(EXTENTS, _status(volume.extents(offset, min(length, MOST_EXTENTS)), bool(flags & ONE)))]
        if command == WRITE:
            volume.write(offset, data)
        elif command in (TRIM, ZEROES):
            volume.zero(offset, length)
        elif command != FLUSH:
            raise OSError(errno.EINVAL, "an unknown command")
        if command == FLUSH or flags & FUA:
            volume.flush()
        return []

    def _read(self, volume: Volume, offset: int, length: int) -> Iterator[tuple[int, bytes]]:
        if not self.structured:
            yield DATA, volume.read(offset, length)
            return
        for count, zero in volume.extents(offset, length):
            place = struct.pack(">Q", offset)
            yield (HOLE, place + struct.pack(">I", count)) if zero else (DATA, place + volume.read(offset, count))
            offset += count

    def _answer(self, cookie: int, parts: list[tuple[int, bytes]], offset: int) -> None:
        if not self.structured:
            self.connection.say(struct.pack(">IIQ", SIMPLE, 0, cookie) + b"".join(data for _, data in parts))
            return
        parts = parts or [(NONE, b"")]
        for i, (kind, data) in enumerate(parts):
            last = DONE if i == len(parts) - 1 else 0
            self.connection.say(struct.pack(">IHHQI", CHUNK, last, kind, cookie, len(data)) + data)

    def _fail(self, cookie: int, number: int) -> None:
        if self.structured:
            data = struct.pack(">IH", number, 0)
            self.connection.say(struct.pack(">IHHQI", CHUNK, DONE, ERROR, cookie, len(data)) + data)
        else:
            self.connection.say(struct.pack(">IIQ", SIMPLE, number, cookie))


def _queries(data: bytes) -> tuple[str, list[bytes]] | None:
    """The export and the contexts that a client asks about; None if that makes no sense."""
    try:
        (length,) = struct.unpack_from(">I", data)
        name, at = data[4 : 4 + length].decode("utf-8", "replace"), 4 + length
        (count,) = struct.unpack_from(">I", data, at)
        found, at = [], at + 4
        for _ in range(count):
            (length,) = struct.unpack_from(">I", data, at)
            found.append(data[at + 4 : at + 4 + length])
            at += 4 + length
    except struct.error:
        return None
    return (name, found) if at == len(data) else None


def _status(extents: list[tuple[int, bool]], one: bool) -> bytes:
    some = extents[: 1 if one else 4096]
    return struct.pack(">I", CONTEXT_ID) + b"".join(struct.pack(">II", n, ZEROS if zero else 0) for n, zero in some)


def _number(error: OSError | ValueError) -> int:
    """One of the numbers that the protocol has."""
    known = (errno.EPERM, errno.EIO, errno.ENOMEM, errno.EINVAL, errno.ENOSPC, errno.EOVERFLOW, errno.ENOTSUP)
    number = getattr(error, "errno", None)
    return number if number in known else errno.EIO


class Server(Clients):
    """Serves exports to whoever connects to a listening socket, until it is closed."""

    def __init__(self, listener: socket.socket, exports: list[Export], patience: float = PATIENCE) -> None:
        super().__init__(listener, patience)
        self.exports = {export.name: export for export in exports}
        if exports:
            self.exports.setdefault("", exports[0])

    def converse(self, connection: Connection) -> None:
        Session(connection, self.exports).serve()
