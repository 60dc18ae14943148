"""trapline host consolidate: servers on few hosts, every promise held against whole runs, and mistakes that show."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from unittest.mock import patch
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isa.errors import MachineError, TraplineError
from monitor.service import Terms
from monitor.service.compiled import CompiledPolicy
from monitor.service.policies.policy import Bill, Policy
from monitor.service.words import PARTS
from tests.sizes import sized
from tests.trapline.test_readme import BLOCK, ROOT, commands, execute
from trapline.cli import main
from trapline.serving.consolidation import packing, result
from trapline.serving.consolidation.packing import UNITS, Bins, Item, Packing, packed
from trapline.serving.consolidation.picture import drawn
from trapline.serving.consolidation.plan import POLICIES, read_plan
from trapline.serving.consolidation.reckoning import Maker
from trapline.serving.consolidation.result import Consolidated, broken, consolidated, percentile
from trapline.serving.consolidation.trial import accepted

Capture = pytest.CaptureFixture[str]
PAGE = (ROOT / "docs" / "consolidate.md").read_text()
FILES = dict(re.findall(r"`([\w.]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL))
SMALL = """
quantum = 500
[host]
processors = 2
[neighbour]
[[servers]]
name = "a"
within = 9000
[[servers.requests]]
at = 10
send = "w 30"
every = 4000
times = 3
[[servers]]
name = "b"
within = 8000
percent = 50
[[servers.requests]]
at = 500
send = "d 1"
every = 900
times = 4
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL)
    return tmp_path


def found(engine: str = "reference") -> Consolidated:
    """Of the small plan, in the present folder."""
    return consolidated(read_plan("small.toml"), engine, lambda done, of: None)


@cache
def kept() -> Consolidated:
    """The same, once for all who only look."""
    return found()


# ---- packings


def fewest(items: list[Item], bins: Bins) -> int:
    """By trying all."""
    for hosts in range(1, len(items) + 1):
        places = list(product(range(hosts), range(bins.processors)))
        if any(fits(items, bins, at) for at in product(places, repeat=len(items))):
            return hosts
    raise AssertionError("one of them fits nowhere")


def fits(items: list[Item], bins: Bins, places: tuple[packing.Place, ...]) -> bool:
    """Exactly: no processor has more than all of it, and no host more words."""
    shares, words = dict.fromkeys(places, 0), {host: 0 for host, _ in places}
    for item, place in zip(items, places, strict=True):
        shares[place] += item.share
        words[place[0]] += item.words
    return max(shares.values()) <= PARTS and max(words.values()) <= bins.words


def check_packing(items: list[Item], bins: Bins) -> None:
    found = packed(items, bins)
    assert fits(items, bins, found.places)
    assert found.least <= found.hosts == fewest(items, bins) <= found.first_fit
    assert found.least == found.hosts  # which the solver proves of so few


ITEMS = st.builds(Item, st.integers(1, 60).map(lambda n: n * PARTS // 60), st.integers(1, 8))
WORSE = [Item(n * PARTS // 60, 1) for n in (26, 26, 20, 20, 14, 14)]  # two processors are enough, and not by first fit
OVER = [Item(PARTS // 2 + 1, 1), Item(PARTS // 2 + 1, 1)]  # more than a processor, by a hair


@settings(max_examples=sized(6, 400), deadline=None)
@given(items=st.lists(ITEMS, min_size=1, max_size=5), processors=st.integers(1, 2))
@example(items=OVER, processors=1)
def test_a_packing_is_the_best_and_fits(items: list[Item], processors: int) -> None:
    check_packing(items, Bins(processors, 12))


def test_first_fit_may_need_more() -> None:
    found = packed(WORSE, Bins(1, 12))
    assert (found.hosts, found.least, found.first_fit) == (2, 2, 3)
    assert found == packed(WORSE, Bins(1, 12))


def test_what_fits_nowhere_is_told() -> None:
    with pytest.raises(TraplineError, match="big needs 13 words, and a host has 12 for servers"):
        packed([Item(1, 13, "big")], Bins(1, 12))


def test_rounding_down_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    check_packing(OVER, Bins(1, 12))
    monkeypatch.setattr(Item, "units", property(lambda self: self.share * UNITS // PARTS))
    with pytest.raises(AssertionError):
        check_packing(OVER, Bins(1, 12))


def test_a_packing_over_capacity_is_not_accepted(here: Path) -> None:
    """Neither in time, where the policy's own admission says so, nor in storage."""
    plan, good = read_plan("small.toml"), kept()
    maker, both = Maker(plan, "reference"), Packing(((0, 0), (0, 0)), 1, 1)
    accepted(maker, good.servers, both, bins := result.room(maker))
    most = [replace(server, terms=replace(server.terms, reserve=server.terms.period)) for server in good.servers]
    with pytest.raises(MachineError, match="machine 1 is not admitted"):
        accepted(maker, most, both, bins)
    with pytest.raises(TraplineError, match="host 0 is to hold 8,192 words, and has 8,191"):
        accepted(maker, good.servers, both, replace(bins, words=8191))


# ---- whole runs


def test_what_was_promised_is_so(here: Path) -> None:
    good = kept()
    assert good.broken == () and [trial.name for trial in good.trials] == ["alone", "together", "beside noise"]
    assert (good.before.hosts, good.after.hosts, good.packing.least) == (2, 1, 1)
    assert sum(good.trials[0].busy.values()) == sum(seen.paid.charged for seen in good.trials[0].servers)
    watts = 60 * good.after.hosts + 90 * good.after.utilization
    assert (good.after.watts, good.after.energy, good.after.space) == (watts, watts * 730 * 30 / 1000, 2500)
    noise = good.trials[2].neighbours
    assert noise[0].exits * 20 > noise[0].charged * 3 // 4 and good.trials[2].busy[0, 0] > 9 * good.trials[2].span // 10


@pytest.mark.nightly  # by day nobody waits for a compiler
def test_it_is_the_same_with_any_engine(here: Path) -> None:
    native = found("native")
    assert (native.trials, native.packing) == (kept().trials, kept().packing)


def any_plan(random: Random) -> str:
    """Some servers with all kinds of loads, too much for a level among them."""
    host = f"[host]\nprocessors = {random.randint(1, 3)}\nstorage = {random.choice([16384, 65536])}\n"
    lines = [f"quantum = {random.choice([100, 300, 1000, 5000])}", f"price = {random.choice([0, 20, 90])}"]
    lines += [f'policy = "{random.choice(POLICIES)}"', host, "[neighbour]", f"weight = {random.choice([1, 1000])}"]
    for number in range(random.randint(1, 7)):
        level = f"within = {random.randint(4, 40)}000\npercent = {random.choice([30, 90, 95, 100])}"
        lines += ["[[servers]]", f'name = "s{number}"', level]
        for _ in range(random.randint(1, 3)):
            line = f"{random.choice('wd')} {random.randint(0, 5)}"
            repeated = f"every = {random.choice([0, 10, 500, 3000, 9000])}\ntimes = {random.randint(1, 6)}"
            lines += ["[[servers.requests]]", f'at = {random.randint(0, 5000)}\nsend = "{line}"', repeated]
    return "\n".join(lines)


@pytest.mark.nightly
def test_whatever_is_wanted_is_kept_or_refused(here: Path) -> None:
    ran = 0
    for seed in range(100):
        Path("small.toml").write_text(any_plan(Random(seed)))
        with suppress(TraplineError):
            assert found().broken == (), seed
            ran += 1
    assert ran >= 30


def uncharged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A neighbour's exits are free."""
    right = CompiledPolicy.__init__

    def wrong(self: CompiledPolicy, policy: Policy, bill: Bill | None = None) -> None:
        right(self, policy, bill)
        charged = self.bill
        self.bill = lambda a, h, g, debt, ran, exits, allowed: charged(a, h, g, debt, ran, 0, allowed)

    monkeypatch.setattr(CompiledPolicy, "__init__", wrong)


def test_a_neighbour_who_is_not_charged_shows(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uncharged(monkeypatch)
    said = found().broken
    assert any(re.match(r"noise, beside noise: it did what costs [\d,]+ steps, and was charged", what) for what in said)


def test_every_promise_that_is_not_kept_is_told(here: Path) -> None:
    good = kept()
    trials = good.trials
    seen = trials[1].servers[0]

    def said(**changes: object) -> list[str]:
        servers = (replace(seen, **changes), *trials[1].servers[1:])  # type: ignore[arg-type]
        return list(broken(good.plan, good.servers, (trials[0], replace(trials[1], servers=servers))))

    late = (good.servers[0].promised[0] + 1, *seen.latencies[1:])
    assert said() == []
    assert said(latencies=late) == ["a, together: request 0 was answered later than was promised for it"]
    assert "a, together: fewer than 100% of its requests were answered within 9,000 steps" in said(
        latencies=(9001, *seen.latencies[1:])
    )
    assert said(answers=(b"1", *seen.answers[1:])) == ["a, together: it did not answer as it does alone"]
    assert said(answers=seen.answers[1:]) != []
    waited = replace(seen.paid, waited=(seen.paid.wait or 0) + 1)
    assert "for a turn, and was promised no more than" in said(paid=waited)[0]
    more = replace(seen.paid, charged=seen.paid.charged + 1000, steps=seen.paid.steps + 1000)
    assert "steps, and its requests cost" in said(paid=more)[0]


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    latencies = [5, 1, None, 3]
    assert [percentile(latencies, p) for p in (1, 25, 26, 50, 75, 76, 100)] == [1, 1, 3, 3, 5, None, None]


# ---- what a person sees


def test_the_manual_shows_what_is_said(here: Path, capfd: Capture) -> None:
    assert set(FILES) == {"servers.toml", "shop.trace"}
    for name, text in FILES.items():
        Path(name).write_text(text)
    shown = [text for kind, text in BLOCK.findall(PAGE) if kind == "console"]
    for text in shown:
        for command, output in commands(text):
            assert execute(command, capfd) == output
    assert len(shown) == 1


def test_a_server_of_the_manual_is_asked_by_a_network(here: Path, capsys: Capture) -> None:
    (of_networks,) = [text for kind, text in BLOCK.findall(PAGE) if kind == "toml" and "port" in text]
    Path("net.toml").write_text(SMALL.replace("processors", "storage = 65536\nprocessors") + of_networks)
    assert main(["host", "consolidate", "net.toml", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["kept"] and [len(server["latencies"]) for server in facts["trials"][1]["servers"]] == [3, 4, 9]


def test_a_picture_has_every_server_and_trial(here: Path) -> None:
    good = kept()
    root = ElementTree.fromstring(str(drawn(good)))
    titles = [title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert f"a: {good.servers[0].terms.reserve:,} of every {good.servers[0].terms.period:,} steps" in titles
    assert sum(title.startswith(("a, ", "b, ")) for title in titles) == 6


def test_json_and_exit_codes(here: Path, capsys: Capture) -> None:
    assert main(["host", "consolidate", "small.toml", "--json", "--svg", "new.svg"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["kept"] and facts["after"]["hosts"] == 1 and Path("new.svg").read_text().startswith("<svg")
    assert [len(server["latencies"]) for server in facts["trials"][2]["servers"]] == [3, 4]
    with patch("trapline.serving.consolidation.result.broken", lambda *given: ["a: late"]):
        assert main(["host", "consolidate", "small.toml"]) == 1
    assert capsys.readouterr().out.endswith("\nBROKEN: a: late\n")


def test_without_the_solver_it_says_so(here: Path, capsys: Capture) -> None:
    with patch.object(packing, "find_spec", lambda name: None):
        assert main(["host", "consolidate", "small.toml"]) == 2
    assert "help: pip install 'trapline[consolidate]'" in capsys.readouterr().err


ASKED = "[[servers.requests]]\nat = 1\n"
SERVER = '[[servers]]\nname = "a"\nwithin = 9000\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("quantum = 10", "bad.toml:1:1: error: `quantum` must be from 20 to 65,536, not 10"),
        ('machine = "g4"', "bad.toml:1:1: error: there is no machine"),
        (SERVER.replace('"a"', '"[/b]"') + ASKED, "bad.toml:2:1: error: '[/b]' is no name"),
        ('policy = "fair"', "bad.toml:1:1: error: `fair` is not known"),
        ("", "error: there are from 1 to 100 servers, not 0"),
        (SERVER, "bad.toml:2:1: error: a server is asked from 1 to 2,000 times, not 0"),
        (SERVER + 'guest = "serv"\n' + ASKED, "bad.toml:4:1: error: there is no guest and no file `serv`"),
        (SERVER + "storage = 9\n" + ASKED, "bad.toml:4:1: error: `storage` must be from 4,096 to 67,108,864, not 9"),
        (SERVER + 'trace = "bad.trace"', "bad.trace:2:1: error: this is no request"),
        (SERVER + 'trace = "none"', "error: cannot read none: no such file or directory"),
        (SERVER + ASKED + 'send = "a\\nb"', "bad.toml:6:1: error: a request is one line of plain characters"),
        (SERVER + ASKED + "every = 9999999\ntimes = 9", "bad.toml:7:1: error: the last request would come after step"),
        (SERVER + ASKED + SERVER + ASKED, "error: two servers are called `a`"),
        (SERVER + ASKED + "often = 1", "bad.toml:6:1: error: there is no `often` here"),
        (SERVER + ASKED + 'send = "w 9999"', "error: a cannot be promised to answer 100% of its requests within 9,000"),
        (SERVER + 'guest = "hello"\n' + ASKED, "error: a does not wait for requests before its first request: halt"),
        (SERVER + "port = 0\n" + ASKED, "bad.toml:4:1: error: `port` must be from 1 to 65,535, not 0"),
        (SERVER + "port = 7\n" + ASKED + f'send = "{"a" * 512}"', "bad.toml:4:1: error: a datagram carries 512"),
        (SERVER + "port = 7000\n" + ASKED + 'send = "w 1"', "error: a answers `w 1` by 0 datagrams"),
        ("[host]\nstorage = 4095\n" + SERVER + ASKED, "error: a needs 4,096 words, and a host has 4,095"),
    ],
)
def test_a_mistake_in_a_plan_has_its_place(text: str, said: str, here: Path, capsys: Capture) -> None:
    Path("bad.toml").write_text(text)
    Path("bad.trace").write_text("1 w 1\nsoon w 1\n")
    assert main(["host", "consolidate", "bad.toml"]) == 3
    assert said in capsys.readouterr().err


def test_terms_of_a_server_are_those_of_its_level(here: Path) -> None:
    """One step less would not do, or is no more than a turn's exit away from that."""
    for server in kept().servers:
        less = Terms(reserve=server.terms.reserve - 1, period=server.terms.period)
        assert server.wanted.level.kept(server.promised)
        assert not server.wanted.level.kept(server.load.latencies(less))
