"""What is made for each student when a lab is started: another thing for each, the same whenever it is made."""

from collections.abc import Callable

from trapline.labs.lab import Lab

DIFFICULTY, COUNT = 2, 8  # of the exam of lab 4


def exam_files(lab: Lab, student: str) -> dict[str, str]:
    """A machine, and answers to be corrected."""
    from trapline.labs.questions.exam import drawn  # the prover is loaded only by labs that need it

    exam = drawn(f"{lab.name} {student}", DIFFICULTY, COUNT)
    head = [
        "# Your answers about the machine `exam` in exam.isa. What stands here is a guess, and mostly wrong.",
        "# sensitive: any of control, location, mode, resource; none is [].",
        'theorem1 = "holds"          # or "fails"',
        'theorem3 = "holds"',
    ]
    for name, body in exam.bodies.items():
        head += ["", f"[{name}]                        # {body}", "privileged = true", "sensitive = []"]
    return {"exam.isa": exam.text, "answers.toml": "\n".join(head) + "\n"}


MADE: dict[str, Callable[[Lab, str], dict[str, str]]] = {"exam": exam_files}


def made(lab: Lab, student: str) -> dict[str, str]:
    """The files by name, with their text; none for most labs."""
    return MADE[lab.made](lab, student) if lab.made else {}
