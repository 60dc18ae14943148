"""What a client sends, however it is cut up and however long: nothing in it ends the server but its end."""

import asyncio
import os
from threading import Thread

CHUNK = 1 << 16
LONGEST_LINE = 1 << 16  # of the lines before a message
LONGEST = 1 << 26  # bytes of a message
NOTHING = b"null"  # stands for a message that is too long


class Input:
    """Stdin, read in a thread that nobody waits for, so that an interrupt ends the server at once."""

    def __init__(self) -> None:
        self._stream = asyncio.StreamReader(limit=LONGEST_LINE)
        Thread(target=self._read, args=(asyncio.get_running_loop(),), daemon=True).start()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        data = b"begin"
        while data:
            try:
                data = os.read(0, CHUNK)
            except OSError:
                data = b""
            try:
                loop.call_soon_threadsafe(self._stream.feed_data if data else lambda _: self._stream.feed_eof(), data)
            except RuntimeError:  # the server has ended
                return

    async def readline(self) -> bytes:
        """A line; an empty one in place of one that is longer than any should be."""
        try:
            return await self._stream.readline()
        except ValueError:
            return b"\n"

    async def readexactly(self, count: int) -> bytes:
        """A message. Of one that is too long, nothing is kept."""
        if count <= LONGEST:
            return await self._stream.readexactly(count)
        while count > 0:
            data = await self._stream.read(min(count, CHUNK))
            if not data:
                raise asyncio.IncompleteReadError(b"", count)
            count -= len(data)
        return NOTHING
