"""A new image: header, counts and an empty first table, complete before anything is called by its name."""

import os
from array import array
from contextlib import suppress
from dataclasses import replace

from isa.errors import TraplineError
from monitor.volumes.qcow2.counts import octets
from monitor.volumes.qcow2.header import BACKING_FORMAT, LARGEST, MOST_SIZE, MOST_TABLE, SMALLEST, STANDS_ON, Header

CLUSTER_BITS = 16


def create(
    path: str, size: int, backing: str = "", format: str = "", bits: int = CLUSTER_BITS, stamp: bytes = b""
) -> None:
    """Make the image `path` of `size` bytes in clusters of `1 << bits`. It stands on `backing`, named relative to the
    image, of the `format` named ("raw" or "qcow2"); `stamp` is kept with it. A file that is there is not touched.
    Raises TraplineError."""
    if not 0 <= size <= MOST_SIZE or size % 512:
        raise TraplineError(f"an image cannot have {size} bytes", f"give a multiple of 512, at most {MOST_SIZE}")
    if not SMALLEST <= bits <= LARGEST:
        raise TraplineError(f"a cluster cannot have 2 ** {bits} bytes", "give a power of two from 512 to 2097152")
    header = _header(size, bits)
    if backing:
        header = _standing_on(header, backing, format, stamp)
    temporary = f"{path}.{os.getpid()}.new"
    try:
        with open(temporary, "xb") as file:
            file.write(_laid_out(header))
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        raise TraplineError(f"{path} is there already", "remove it, or give another name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TraplineError(
            f"cannot make the image {path}: {reason}", "give a name in a folder that can be written"
        ) from None
    finally:
        with suppress(OSError, ValueError):
            os.unlink(temporary)


def _header(size: int, bits: int) -> Header:
    """Room for tables of all clusters, and counts for twice as many and what they need themselves."""
    cluster = 1 << bits
    tables = max(1, -(-size // (cluster * cluster // 8)))
    entries = cluster // 8
    first = -(-8 * tables // cluster)
    clusters = 2 * (size // cluster + tables + first) + 64
    blocks = -(-clusters // (cluster // 2)) + 1
    counts = -(-blocks // entries)
    if 8 * tables > MOST_TABLE or counts * cluster > MOST_TABLE:
        raise TraplineError(f"an image of {size} bytes needs larger clusters than {cluster} bytes", "give 65536")
    return Header(bits, size, (1 + counts) * cluster, tables, cluster, counts)


def _standing_on(header: Header, backing: str, format: str, stamp: bytes) -> Header:
    return replace(header, backing=backing).extended(BACKING_FORMAT, format.encode()).extended(STANDS_ON, stamp)


def _laid_out(header: Header) -> bytes:
    """Header, table of counts, first table, block of counts: in this order from the beginning."""
    cluster = header.cluster
    first = -(-8 * header.table_size // cluster)
    block = 1 + header.counts_clusters + first
    blocks = -(-(block + 1) // (cluster // 2))
    while blocks * (cluster // 2) < block + blocks:
        blocks += 1
    used = block + blocks
    counts = array("H", [1] * used + [0] * (blocks * cluster // 2 - used))
    table = array("Q", [(block + i) * cluster for i in range(blocks)])
    parts = (
        header.packed().ljust(cluster, b"\0"),
        octets(table).ljust(header.counts_clusters * cluster, b"\0"),
        bytes(first * cluster),
        octets(counts),
    )
    return b"".join(parts)
