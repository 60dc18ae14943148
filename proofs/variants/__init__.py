"""Random variants of small machines, and whether every verdict on them is right: the check on `verify` itself.

Reading order: `shapes` (the machines), `instruction_changes` and `machine_changes` (what is changed in them), `drawing`
(a variant from a number), `rigs` and `states` (runs from random states), `premises` (what no run shows), `replay` (the
solver's states, run), `judging` (the property), `many`. `python -m proofs.variants` does many.
"""

from proofs.variants.drawing import Variant, variant
from proofs.variants.judging import Judgement, Outcome, judged
from proofs.variants.many import Summary, study, summary

__all__ = ["Judgement", "Outcome", "Summary", "Variant", "judged", "study", "summary", "variant"]
