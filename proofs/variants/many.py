"""Many variants: judged in workers, and what they came to as a table and a list of failures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from proofs.terms.workers import Limits, Lost, Progress, answers, no_progress
from proofs.variants.drawing import variant
from proofs.variants.judging import Judgement, Outcome, Verify, judged
from proofs.verdict.verification import verify

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

    def lines(self) -> Iterator[str]:
        """How many came to what, and for each way to fail the kinds of change that the variants are of."""
        counts = Counter(j.outcome for j in self.judgements)
        for outcome in (o for o in Outcome if counts[o]):
            those = [j for j in self.judgements if j.outcome is outcome]
            yield f"{counts[outcome]:6}  {outcome.value} ({sum(j.meant for j in those)} meant to be right)"
            kinds = Counter(kind for j in those for kind in j.kinds)
            yield from (f"{count:14}  {kind}" for kind, count in kinds.most_common() if outcome.fails)
        yield f"{len(self.judgements):6}  variants; the checker refused {sum(j.refused for j in self.judgements)} texts"
        yield from (f"  lost  {why}" for why in self.lost)

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
