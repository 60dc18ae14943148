"""The site without a browser: what is pinned, what the page is told of it, and what it is served with."""

import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from zipfile import ZipFile

import pytest

from isa.errors import TraplineError
from trapline.page.site import building, parts
from trapline.page.site.serving import served
from trapline.page.site.warming import begin

ROOT = Path(__file__).parents[2]
WEB = ROOT / "trapline" / "page" / "web"


def test_only_what_is_pinned_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "part.whl"
    path.write_bytes(b"what somebody published")
    pin = {"name": "part", "version": "1", "file": "part.whl", "sha256": sha256(path.read_bytes()).hexdigest()}
    parts.check(path, pin)
    path.write_bytes(b"what somebody else published")
    with pytest.raises(TraplineError, match=r"part\.whl is not the file that is pinned"):
        parts.check(path, pin)
    assert not path.exists()  # so that it is not taken for good the next time
    with pytest.raises(TraplineError, match=r"part 1 came without part\.whl"):
        parts.check(path, pin)


def test_every_part_has_a_digest_and_the_pins_of_python_agree() -> None:
    found = parts.pins()
    for pin in [*found["wheels"], *found["packages"]]:
        assert set(pin) == {"name", "version", "file", "sha256"} and re.fullmatch("[0-9a-f]{64}", pin["sha256"])
    native = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.M))
    pure = {pin["name"]: pin["version"] for pin in found["wheels"] if pin["name"] != parts.SOLVER}
    assert pure == {name: native[name] for name in pure}


def test_a_client_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "pins", lambda: {"wheels": [], "packages": [{"name": "x", "version": "1", "file": "x"}]})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TraplineError, match="cannot run npm"):
        parts.taken(tmp_path)


def test_a_wheel_is_unpacked_as_it_is(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("a/__init__.py", "x = 1\n")
    parts.unpacked(tmp_path / "a.whl", tmp_path / "tree")
    assert (tmp_path / "tree" / "a" / "__init__.py").read_text() == "x = 1\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, as it is made, beside two files in place of Python."""
    made = tmp_path_factory.mktemp("site")
    (made / building.PACK).write_bytes(b"pack")
    building._page(made, "solver.whl")
    return made


def test_the_page_knows_the_files_of_the_site(site: Path) -> None:
    keeper = (site / "keeper.js").read_text()
    listed = json.loads(re.search(r"const FILES = (.*);", keeper)[1])  # type: ignore[index]
    there = {str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()}
    assert set(listed) == there - {"keeper.js"}
    assert '"./python/solver.whl"' in (site / "worker.js").read_text()
    assert not any("{{" in (site / name).read_text() for name in ("index.html", "worker.js", "keeper.js"))


def test_another_file_is_another_version(site: Path, tmp_path: Path) -> None:
    (tmp_path / building.PACK).write_bytes(b"another")
    building._page(tmp_path, "solver.whl")
    version = re.compile(r'VERSION = "trapline-([0-9a-f]{16})"')
    found = [version.search((place / "keeper.js").read_text())[1] for place in (site, tmp_path)]  # type: ignore[index]
    assert found[0] != found[1]


def test_the_policy_lets_in_the_player_and_nothing_from_elsewhere(site: Path) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', (site / "index.html").read_text())[1]  # type: ignore[index]
    report = files("trapline.profiling") / "page" / "report.js"
    assert building.digest(report.read_bytes()) in policy and policy.startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy and "'unsafe-eval'" not in policy and "http" not in policy
    for path in WEB.iterdir():
        assert not re.search(r"https?://|//cdn", path.read_text("utf-8")), path


def test_it_begins_with_the_files_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, text in begin().items():
        assert f"`{name}`:\n\n```" in readme and f"\n{text}```" in readme


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    with served(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_it_is_served_with_types_that_browsers_insist_on(tmp_path: Path) -> None:
    types = {"a.mjs": "text/javascript", "a.js": "text/javascript", "a.wasm": "application/wasm", "a.css": "text/css"}
    for name in types:
        (tmp_path / name).write_text("x")
    with serving(tmp_path) as address:
        for name, expected in types.items():
            with urllib.request.urlopen(address + name) as answer:
                assert answer.headers["Content-Type"] == expected
