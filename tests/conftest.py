"""The profiles of Hypothesis, what modules are marked with, and a cache for a run. `tests.sizes` has how much is drawn.

Modules say in `pytestmark` what they are: `slow`, `long`, or that by day every second or third case of each of their
tests is enough. The marks stand in pyproject.toml.
"""

import gc
import os
import re
import signal
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from tests.sizes import EXAMPLES, NIGHTLY, PROFILE

settings.register_profile("quick", max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
settings.register_profile(
    "nightly",
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(PROFILE)
gc.set_threshold(50_000)  # what tests share lives long; to look through it again and again takes a tenth of the time
LONG = re.compile(r"^pytestmark = .*\bmark\.long\b", re.MULTILINE)


def pytest_configure(config: pytest.Config) -> None:
    """A run of the tests has a cache of its own (see `isa.files.cache`), shared by workers and processes it starts.
    Ctrl-C means what it means, though whoever started this in the background may have it ignored. Where `CI` is set,
    pytest would tell every difference to its end: hours over some that planted bugs make, which nobody reads."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("CI", "BUILD_NUMBER"):
        os.environ.pop(name, None)
    if not hasattr(config, "workerinput"):
        kept = TemporaryDirectory(prefix="trapline-tests-", ignore_cleanup_errors=True)
        config.add_cleanup(kept.cleanup)
        os.environ["TRAPLINE_CACHE"] = kept.name


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whoever asks for long tests alone, or for all others, need not wait for the rest to be imported."""
    wanted = {"long": True, "not long": False}.get(config.option.markexpr)
    if wanted is None or collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    return bool(LONG.search(collection_path.read_text(encoding="utf-8"))) != wanted or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `nightly` are left out of any other profile, and so are all cases of a test marked `every` but the
    first and each so-manieth after it."""
    cases: Counter[tuple[str, str]] = Counter()
    for item in items:
        every = item.get_closest_marker("every")
        test = str(item.path), getattr(item, "originalname", "")
        if every and hasattr(item, "callspec") and not item.get_closest_marker("nightly"):
            if cases[test] % every.args[0]:
                item.add_marker("nightly")
            cases[test] += 1
    if not NIGHTLY:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("nightly")])
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]
