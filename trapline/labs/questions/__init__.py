"""Questions about machines that a seed draws, with answers that are proved: lab 4, and quizzes.

`bodies.py` has what instructions may do, `exam.py` makes a machine of them and has it decided, `witness.py` shows an
answer by a guest, `asking.py` makes questions of it, and `formats/` writes them for people and for learning platforms.
"""
