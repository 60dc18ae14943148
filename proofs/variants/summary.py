"""Many variants: judged in workers, and what they came to as a table and a list of failures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from proofs.variants.drawing import variant
from proofs.variants.judging import Judgement, Outcome, Verify, judged
from proofs.verification import verify
from proofs.workers import Limits, Lost, Progress, answers, no_progress

SHARD = 10  # variants of one job
EACH = 60.0  # seconds for a variant, at most


@dataclass
class Summary:
    """`lost` are the shards that did not come back, with the reason."""

    judgements: list[Judgement] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[Judgement]:
        return [j for j in self.judgements if j.outcome.fails]

    def kinds(self, outcome: Outcome) -> Counter[str]:
        """Of which kinds of change the variants are that came to this."""
        return Counter(kind for j in self.judgements if j.outcome is outcome for kind in j.kinds)

    def lines(self) -> Iterator[str]:
        counts = Counter(j.outcome for j in self.judgements)
        for outcome in Outcome:
            if counts[outcome]:
                meant = sum(j.meant for j in self.judgements if j.outcome is outcome)
                yield f"{counts[outcome]:6}  {outcome.value} ({meant} meant to be right)"
        yield f"{len(self.judgements):6}  variants; the checker refused {sum(j.refused for j in self.judgements)} texts"
        for why in self.lost:
            yield f"  lost  {why}"

    def report(self, judgement: Judgement) -> Iterator[str]:
        """A failure, to be pasted into a file."""
        yield f"# variant {judgement.seed} ({', '.join(judgement.kinds)}): {judgement.outcome.value}"
        yield from (f"# {line}" for line in judgement.why.splitlines())
        yield judgement.text


def study(seeds: Sequence[int], ask: Verify = verify) -> list[Judgement]:
    """Judge the variants of these numbers, in this process."""
    return [judged(variant(seed), ask) for seed in seeds]


def summary(seeds: Sequence[int], workers: int = 2, progress: Progress = no_progress) -> Summary:
    """Judge them in worker processes."""
    shards = [seeds[i : i + SHARD] for i in range(0, len(seeds), SHARD)]
    limits = Limits(total=EACH * len(seeds), each=EACH * SHARD, workers=workers)
    found = Summary()
    for shard, result in zip(shards, answers([partial(study, s) for s in shards], limits, progress), strict=True):
        if isinstance(result, Lost):
            found.lost.append(f"variants {shard[0]} to {shard[-1]}: {result.reason}")
        else:
            found.judgements += result
    return found
