"""What the kernels in `guests/bench/` compute, in plain Python: each function takes the sizes of the kernel of its name
in small letters and the mask of a word, and returns the checksum. Nothing here is like the kernels but the data.
`CASES` are small sizes of each.
"""

import zlib
from collections.abc import Iterator
from itertools import islice

from trapline.bench.kernels import KERNELS, ON_NARROW, ON_WIDE, TRAPS, Kernel

POLYNOMIAL = 0xEDB88320


def xorshift(x: int, mask: int) -> Iterator[int]:
    while True:
        x ^= x << 13 & mask
        x ^= x >> 17
        x ^= x << 5 & mask
        yield x


def chained(values: Iterator[int], mask: int) -> int:
    s = 0
    for value in values:
        s = 31 * s + value & mask
    return s


def sieve(limit: int, rounds: int, mask: int) -> int:
    primes = sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, limit))
    return chained(iter([primes] * rounds), mask)


def matmul(size: int, rounds: int, mask: int) -> int:
    numbers = list(islice(xorshift(12345, mask), 2 * size * size))
    a = [numbers[2 * size * i : 2 * size * (i + 1) : 2] for i in range(size)]
    b = [numbers[2 * size * i + 1 : 2 * size * (i + 1) : 2] for i in range(size)]
    s = 0
    for r in range(rounds):
        i, j = r % size, 7 * r % size
        s = 31 * s + sum(a[i][k] * b[k][j] for k in range(size)) & mask
        a[i][3] ^= s
    return s


def crc32(length: int, rounds: int, mask: int) -> int:
    data = bytes(x & 0xFF for x in islice(xorshift(12345, mask), length))
    if mask == (1 << 32) - 1:
        return ~zlib.crc32(data * rounds) & mask
    r = mask
    for byte in data * rounds:
        r ^= byte
        for _ in range(8):
            r = r >> 1 ^ (POLYNOMIAL & mask if r % 2 else 0)
    return r


def fib(n: int, rounds: int, mask: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return chained(iter([a] * rounds), mask)


def qsort(count: int, rounds: int, mask: int) -> int:
    numbers = xorshift(12345, mask)
    in_order = (sorted(islice(numbers, count)) for _ in range(rounds))
    return chained((words[count // 2] + words[7] for words in in_order), mask)


def regloop(rounds: int, mask: int) -> int:
    s = 0
    for left, x in zip(range(1000 * rounds, 0, -1), xorshift(2463534242, mask), strict=False):
        s = s + x & mask
        if left % 16 == 0:
            s ^= left
    return s


def trap(rounds: int, mask: int) -> int:
    return rounds & mask


reflect = emulate = trap


SIZES: dict[str, list[dict[str, int]]] = {
    "sieve": [{"LIMIT": 5, "ROUNDS": 1}, {"LIMIT": 121, "ROUNDS": 3}, {"LIMIT": 122, "ROUNDS": 1}],
    "matmul": [{"SIZE": 4, "ROUNDS": 1}, {"SIZE": 16, "ROUNDS": 5}],
    "crc32": [{"LENGTH": 1, "ROUNDS": 1}, {"LENGTH": 9, "ROUNDS": 4}],
    "fib": [{"N": 0, "ROUNDS": 1}, {"N": 1, "ROUNDS": 2}, {"N": 9, "ROUNDS": 3}],
    "qsort": [{"COUNT": 8, "ROUNDS": 3}, {"COUNT": 777, "ROUNDS": 1}],
    "regloop": [{"ROUNDS": 1}],
    "trap": [{"ROUNDS": 1}],
    "reflect": [{"ROUNDS": 1}],
    "emulate": [{"ROUNDS": 1}],
}
CASES = [(k, sizes) for k in KERNELS for sizes in (k.quick, *SIZES[k.name])]
ELSEWHERE = [(k, k.quick) for k in (*ON_WIDE, *ON_NARROW, *TRAPS.values())]  # on machines with other words


def expected(kernel: Kernel, sizes: dict[str, int]) -> int:
    model = globals()[kernel.name]
    return int(model(**{name.lower(): value for name, value in sizes.items()}, mask=(1 << kernel.isa.word) - 1))


def named(case: tuple[Kernel, dict[str, int]]) -> str:
    return "-".join([case[0].isa.name, case[0].name, *map(str, case[1].values())])
