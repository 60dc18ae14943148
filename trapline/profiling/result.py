"""What a run came to: for people, and as data, for `--json` and for a report."""

import sys
from typing import TYPE_CHECKING, Any

from isa.classes import dataclass
from isa.machine import Exit, Reason
from trapline.running.launch import Launch
from trapline.running.verdict import Verdict
from trapline.state.shown import Shown

if TYPE_CHECKING:
    from trapline.profiling.profile import Profile
    from trapline.running.watching import Assumptions


@dataclass(frozen=True, slots=True)
class Result:
    """`kept` is the file that the machine was saved in; `profile` is there if one was asked for, and `assumptions` if
    the run rests on any."""

    launched: Launch
    end: Exit
    found: Verdict
    kept: str | None
    shown: Shown
    profile: "Profile | None" = None
    assumptions: "Assumptions | None" = None

    @property
    def headline(self) -> str:
        """`dice, bare on g3: halted after 854 steps (854 retired), exit code 0, seed 7`."""
        rig = self.launched.rig
        kind = {0: "bare", 1: "monitored"}.get(rig.depth, f"monitored {rig.depth} deep")
        seed = f", seed {rig.machine.seed}" if rig.machine.seed else ""
        return f"{self.launched.name}, {kind} on {rig.isa.name}: {self.found.text}{seed}"

    def say(self, exits: bool, profile: bool) -> None:
        """The summary, on a line of its own after whatever the guest printed; tables of exits and of the profile."""
        console = self.launched.rig.console
        if console is not None and console.printed(-1) not in (b"", b"\n") and sys.stdout.isatty():
            print(flush=True)
        print(self.headline, file=sys.stderr)
        self._say_exits(exits)
        if self.assumptions is not None:
            print(*self.assumptions.lines(self.launched.image), sep="\n", file=sys.stderr)
        self.shown.say()
        if profile and self.profile is not None:
            from trapline.profiling.shown import profile_tables

            profile_tables(self.profile, sys.stderr)

    def _say_exits(self, all_of_them: bool) -> None:
        vm = self.launched.rig.virtual
        if vm is None:
            return
        from trapline.reports.exits import exit_table, share_line

        print(share_line(vm.statistics), file=sys.stderr)
        if all_of_them:
            exit_table(vm.statistics, self.launched.image, sys.stderr)

    def facts(self) -> dict[str, Any]:
        """For JSON: docs/command-line.md lists the keys."""
        from trapline.reports.exits import statistics_facts

        rig, end, vm = self.launched.rig, self.end, self.launched.rig.virtual
        return {
            "machine": rig.isa.name,
            "guest": self.launched.name,
            "depth": rig.depth,
            "monitors": rig.kinds,
            "engine": rig.engine,
            "seed": rig.machine.seed,
            "reason": end.reason.value,
            "detail": end.detail,
            "verdict": self.found.text,
            "exit_code": rig.exit_code if end.reason is Reason.HALT else None,
            "steps": end.steps,
            "retired": end.retired,
            "total_steps": rig.machine.steps,
            "output": rig.output.decode("utf-8", "backslashreplace"),
            "printed": rig.printed,
            "saved": self.kept,
            **self.shown.facts(),
            "statistics": statistics_facts(vm.statistics) if vm is not None else None,
            **self._profile_facts(),
            **({"assumptions": self.assumptions.facts()} if self.assumptions is not None else {}),
        }

    def _profile_facts(self) -> dict[str, Any]:
        if self.profile is None:
            return {}
        from trapline.profiling.shown import profile_facts

        return {"profile": profile_facts(self.profile)}
