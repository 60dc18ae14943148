"""A network of the kernel's for one test, which nothing else sees, and `trapline net run` in it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients import client, missing


class Namespace:
    """A namespace of Linux, by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def words(self, command: str, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, command, *words]

    def run(self, command: str, *words: str, input: str = "", fails: bool = False) -> str:
        """What a command prints that ends well, or `fails`."""
        done = subprocess.run(self.words(command, *words), input=input, capture_output=True, text=True, timeout=60)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def network(self, file: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
        """`trapline net run` of a file, as soon as all of its doors are open."""
        words = self.words(sys.executable, "-m", "trapline", "net", "run", str(file), *options)
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                said = process.stderr.readline() if process.stderr else ""
                assert said and "error" not in said, said
                yield process
            finally:
                process.terminate()
                process.wait(60)


@contextmanager
def namespace(label: str = "") -> Iterator[Namespace]:
    """An empty one, but for its own loopback address."""
    ip, name = client("ip", "iproute2"), f"trapline-{os.getpid()}{label}"
    made = subprocess.run([ip, "netns", "add", name], capture_output=True, text=True, timeout=60)
    if made.returncode:
        missing(f"no network namespace can be made here: {made.stderr.strip()}")
    try:
        found = Namespace(name)
        found.run("ip", "link", "set", "lo", "up")
        yield found
    finally:
        subprocess.run([ip, "netns", "del", name], check=True, timeout=60)
