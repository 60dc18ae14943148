"""The profiles of Hypothesis, the slow modules, and a cache for a run. `tests.sizes` has how much is drawn."""

import gc
import os
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


# Modules that take most of the time: what asks the solver much, runs many guests, or starts processes. `make quick`
# leaves them out.
SLOW = {
    *("test_agreement", "test_bad_inputs", "test_bench", "test_certificates", "test_cli", "test_compare_programs"),
    *("test_compare_variants", "test_modes", "test_demo", "test_equivalence", "test_hostile_files", "test_mutants"),
    *("test_differential", "test_differential_coverage", "test_differential_odd", "test_native_guests"),
    *("test_native_code_writes", "test_native_core_planted", "test_native_faults", "test_windows_proved"),
    *("test_native_loops", "test_native_regions"),
    *("test_obligations", "test_os", "test_planted_bugs", "test_properties_coverage", "test_properties_guests"),
    *("test_properties_hostile", "test_properties_planted", "test_prove", "test_prove_properties", "test_published"),
    *("test_readme", "test_sampling", "test_scheduling", "test_stacking", "test_terminal", "test_verification"),
    *("test_verification_corners", "test_verification_mutants", "test_verify", "test_witness"),
    *("test_bench_peers", "test_narrowed", "test_parallel", "test_unusual_steps", "test_windows_planted"),
    *("test_machine_code", "test_native_monitor", "test_native_planted", "test_notation", "test_witness_shipped"),
    *("test_mechanised", "test_recheck", "test_recheck_command", "test_variants", "test_variants_planted"),
    *("test_verdicts_proved", "test_verdicts_leaks", "test_verdicts_letter", "test_verdicts_prologues"),
    *("test_witness_steps", "test_counted", "test_profile", "test_report", "test_report_page", "test_server"),
    *("test_editors", "test_screen", "test_screen_served", "test_screen_terminal", "test_screen_timeline"),
    *("test_serving", "test_killed", "test_page", "test_isolation", "test_escape", "test_container_command"),
}


# Modules whose tests have many cases that show much the same: of each test every second or third case runs by day, the
# first among them, and all of them by night.
THIRDS = {
    *("test_variants", "test_mutants", "test_selftest", "test_variants_planted", "test_properties_hostile"),
    *("test_native_guests", "test_modes", "test_verdicts_leaks", "test_verdicts_prologues", "test_hostile_files"),
}
HALVES = {
    *("test_verdicts_letter", "test_verdicts_proved", "test_witness", "test_published", "test_labs"),
    *("test_verification_corners", "test_properties_planted"),
    *("test_compare_variants", "test_compare_programs", "test_witness_shipped", "test_groups"),
    *("test_windows", "test_narrowed", "test_time_kinds", "test_assembler_guests", "test_differential"),
    *("test_differential_odd", "test_unusual_steps", "test_native_faults", "test_native_code_writes"),
    *("test_native_planted", "test_native_idling", "test_native_monitor", "test_traces"),
    *("test_history_questions_planted", "test_stacking", "test_guests", "test_attacks", "test_programs_paths"),
    *("test_engine_machine", "test_storage", "test_native_core_planted", "test_planted_bugs", "test_history_planted"),
    *("test_certificates", "test_witness_steps", "test_symbolic", "test_bench_peers", "test_windows_planted"),
    *("test_windows_proved", "test_notation", "test_engine_planted_bugs", "test_equivalence", "test_counted"),
    *("test_history_questions", "test_sampling", "test_disassembler", "test_breakpoints"),
}


# Modules that take longest, but for those that try what every other part rests on: what asks a solver about whole
# machines, runs thousands of guests, or starts browsers and processes to kill them. `make test` leaves them to
# `make long`, which `.ci/run` calls as well.
LONG = {
    *("test_agreement", "test_bench", "test_bench_types", "test_certificates", "test_cluster"),
    *("test_container_command", "test_cost", "test_daemon_killed", "test_datacentre", "test_devices_hostile"),
    *("test_differential_coverage", "test_engine_programs", "test_floods", "test_gateway", "test_grading"),
    *("test_groups_power", "test_hostile_files", "test_kernel", "test_killed", "test_mechanised"),
    *("test_migration_command", "test_migration_killed", "test_migration_served", "test_migration_traces"),
    *("test_modes", "test_mutants", "test_native_background", "test_native_code_writes", "test_native_compiler"),
    *("test_native_core_planted", "test_native_faults", "test_native_guests", "test_native_storing", "test_networks"),
    *("test_obligations", "test_page", "test_pool", "test_products", "test_properties_hostile"),
    *("test_properties_planted", "test_properties_stateful", "test_prove_properties", "test_proved"),
    *("test_published", "test_recheck", "test_recheck_command", "test_report_page", "test_screen_served"),
    *("test_seats_served", "test_served", "test_stack_together", "test_switch", "test_tap", "test_tunnel"),
    *("test_types", "test_unusual_steps", "test_variants", "test_variants_planted", "test_verdicts_leaks"),
    *("test_verdicts_letter", "test_verdicts_prologues", "test_verdicts_proved", "test_verification_corners"),
    *("test_watching", "test_witness_steps", "test_native_code", "test_native_fused", "test_native_trees"),
    *("test_native_flags", "test_native_wide_loops", "test_bench_guards", "test_screen", "test_screens"),
}


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
    return (collection_path.stem in LONG) != wanted or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `nightly` are left out of any other profile, and so are cases of modules that have many; those of
    the slow modules are marked `slow`."""
    cases: Counter[tuple[str, str]] = Counter()
    for item in items:
        each = 3 if item.path.stem in THIRDS else 2 if item.path.stem in HALVES else 1
        test = str(item.path), getattr(item, "originalname", "")
        if hasattr(item, "callspec") and not item.get_closest_marker("nightly"):
            if cases[test] % each:
                item.add_marker("nightly")
            cases[test] += 1
        if item.path.stem in SLOW:
            item.add_marker(pytest.mark.slow)
        if item.path.stem in LONG:
            item.add_marker(pytest.mark.long)
    if not NIGHTLY:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("nightly")])
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]
