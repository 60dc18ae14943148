"""Labs: a course that grades by running, comparing and proving, never by time and never on the word of a submission.

`lab.py` says what a lab is, and `reading.py` reads it (`guests/labs/`); `submission.py` is what a student hands in,
`checks/` are the kinds of check, `seeds.py` draws what is random, and `checking.py` puts them together for one
submission. `making.py` is what each student gets of their own, and `questions/` are exams and quizzes, which the prover
decides. `actions/` has what `trapline lab` does.
"""
