"""`trapline host metrics`: the machines of a host in numbers, as Prometheus reads them.

What libvirt's and KVM's exporters count has their names here (`libvirt_domain_...`, `kvm_exits`), with the label `vm`.
A machine that is off has its series as well, and a machine that crashed costs nobody else theirs.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from isa.errors import UsageError
from trapline.options import updated

if TYPE_CHECKING:
    from monitor.host.life import State
    from monitor.host.record import Record

EXTRA = "pip install 'trapline[host]'"
TYPE = "text/plain; version=0.0.4; charset=utf-8"

BLOCKS = {  # what libvirt's exporter calls what we count, and what it is
    "read_requests": ("read", "Blocks that a machine has read."),
    "write_requests": ("written", "Blocks that a machine has written."),
}
FRAMES = {
    "receive_packets": ("received", "Frames that a machine's card was given."),
    "receive_bytes": ("received_octets", "Their octets."),
    "receive_drops": ("received_dropped", "Frames that were dropped on the way to it."),
    "transmit_packets": ("sent", "Frames that its card has sent."),
    "transmit_bytes": ("sent_octets", "Their octets."),
    "transmit_drops": ("sent_dropped", "Frames from it that were dropped."),
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=updated, metavar="DIR", help="the host's folder")


def run(arguments: argparse.Namespace) -> int:
    from trapline.hosting.view import seen
    from trapline.output import emit_json

    records, accounts = seen(arguments.folder)
    text = exposed(records, accounts).decode()
    emit_json({"metrics": text}) if arguments.json else print(text, end="")
    return 0


def exposed(records: "Sequence[Record]", accounts: Sequence[dict[str, Any] | None]) -> bytes:
    """All series, in Prometheus's text format. Raises UsageError where prometheus-client is not there."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ModuleNotFoundError:
        raise UsageError("metrics need prometheus-client", EXTRA) from None
    registry = CollectorRegistry()
    registry.register(_Collector(records, accounts))
    text: bytes = generate_latest(registry)
    return text


class _Collector:
    """All that is known of a host, collected once."""

    def __init__(self, records: "Sequence[Record]", accounts: Sequence[dict[str, Any] | None]) -> None:
        self.records, self.accounts = records, accounts

    def collect(self) -> Iterator[Any]:
        yield from self._machines()
        yield self._exits()
        yield from self._devices()
        yield from self._accounts()

    def _machines(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily as Counter
        from prometheus_client.core import GaugeMetricFamily as Gauge

        numbers = _numbers()
        up = Gauge("libvirt_up", "Whether the host was read.")
        up.add_metric([], 1)
        yield up
        state = Gauge("libvirt_domain_info_vstate", "State, as libvirt numbers them.", labels=["vm", "state"])
        memory = Gauge("libvirt_domain_info_maximum_memory_bytes", "Storage of a machine.", labels=["vm"])
        steps = Counter("trapline_steps", "Steps of a machine, by how they passed.", labels=["vm", "kind"])
        blocks = Gauge("libvirt_domain_block_stats_capacity_blocks", "Blocks of a machine's disks.", labels=["vm"])
        for record in self.records:
            state.add_metric([record.name, record.state.value], numbers[record.state])
            memory.add_metric([record.name], 4 * record.definition.storage)
            blocks.add_metric([record.name], sum(part.blocks for part in record.definition.disks))
            used = record.used
            for kind, count in {"direct": used.direct, "interpreted": used.interpreted, "idle": used.idle}.items():
                steps.add_metric([record.name, kind], count)
        yield from (state, memory, blocks, steps)

    def _exits(self) -> Any:
        """Every exit has a decision and a cause; none is called other."""
        from prometheus_client.core import CounterMetricFamily as Counter

        exits = Counter("kvm_exits", "Exits to the monitor.", labels=["vm", "decision", "cause"])
        for record in self.records:
            for decision, cause, count in record.used.exits:
                exits.add_metric([record.name, decision, cause], count)
        return exits

    def _devices(self) -> Iterator[Any]:
        """What has passed a disk, of machines that have one, and a card."""
        from prometheus_client.core import CounterMetricFamily as Counter

        blocks = [r for r in self.records if r.definition.disks]
        for name, (what, said) in BLOCKS.items():
            family = Counter(f"libvirt_domain_block_stats_{name}", said, labels=["vm"])
            for record in blocks:
                family.add_metric([record.name], getattr(record.used.passed, what))
            yield family
        for name, (what, said) in FRAMES.items():
            family = Counter(f"libvirt_domain_interface_stats_{name}", said, labels=["vm", "source_bridge"])
            for record in self.records:
                for part in record.definition.networks:
                    family.add_metric([record.name, part.name], getattr(record.used.passed, what))
            yield family

    def _accounts(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily as Counter
        from prometheus_client.core import GaugeMetricFamily as Gauge

        charged = Counter("trapline_charged_steps", "Steps that a machine's turns have cost.", labels=["vm"])
        waited = Gauge("trapline_longest_wait_steps", "Its longest wait for a turn.", labels=["vm"])
        shares = Gauge("trapline_shares", "Shares of its processor that a machine was promised.", labels=["vm"])
        for record, account in zip(self.records, self.accounts, strict=True):
            if account is not None:
                charged.add_metric([record.name], account["charged"])
                waited.add_metric([record.name], account["waited"])
                shares.add_metric([record.name], account["shares"])
        yield from (charged, waited, shares)


def _numbers() -> "dict[State, int]":
    """What libvirt calls the states."""
    from monitor.host.life import State

    on, off = (State.RUNNING, State.IDLE, State.MIGRATING), (State.DEFINED, State.HALTED, State.SAVED)
    return {**dict.fromkeys(on, 1), State.PAUSED: 3, **dict.fromkeys(off, 5), State.CRASHED: 6}
