"""A student's folder: `start` makes it, `student_of` says whose it is, and of which lab."""

import os
import shutil

from isa.errors import TraplineError
from isa.files.tables import LARGEST, read_table
from isa.files.writing import write_whole
from trapline.labs.lab import Lab
from trapline.labs.making import made
from trapline.labs.reading import find
from trapline.labs.submission import read_file

NOTE = "lab.toml"  # in a student's folder: which lab, and whose
LONGEST = 100  # characters of a student's name


def start(lab: Lab, folder: str, student: str) -> list[str]:
    """Make the folder; the files that are in it. Raises TraplineError for one that has something in it."""
    if len(student) > LONGEST or not student.isprintable():
        raise TraplineError(f"a student's name has at most {LONGEST} characters, all printable", "give another seed")
    try:
        os.makedirs(folder, exist_ok=True)
        if os.listdir(folder):
            raise TraplineError(f"{folder} is not empty", "give a new folder; nothing was changed")
        if os.path.isdir(lab.starter):
            shutil.copytree(lab.starter, folder, dirs_exist_ok=True)
        for name, text in made(lab, student).items():
            write_whole(os.path.join(folder, name), text.encode())
        for path in (lab.handout, *lab.pictures):
            shutil.copyfile(path, os.path.join(folder, os.path.basename(path)))
        quoted = student.replace("\\", "\\\\").replace('"', '\\"')
        note = f'# What `trapline lab` started here.\nlab = "{lab.name}"\nstudent = "{quoted}"\n'
        write_whole(os.path.join(folder, NOTE), note.encode())
    except OSError as error:
        raise TraplineError(f"cannot make {folder}: {(error.strerror or str(error)).lower()}") from None
    return sorted(os.listdir(folder))


def student_of(folder: str) -> tuple[Lab, str]:
    """Which lab a folder is of, and whose it is. Raises TraplineError if it does not say so."""
    name, student = _noted(folder)
    return find(name), student


def seed_of(folder: str) -> str:
    """Whose a folder says it is; nobody's if it does not say, or says nothing that can be read."""
    try:
        return _noted(folder)[1][:LONGEST]
    except TraplineError:
        return ""


def _noted(folder: str) -> tuple[str, str]:
    """The lab and the student that the note names, which may be any."""
    path = os.path.join(folder, NOTE)
    if not os.path.lexists(path):
        raise TraplineError(f"{folder} is no folder of a lab: it has no {NOTE}", "`trapline lab start` makes one")
    table = read_table(path, read_file(folder, NOTE, LARGEST))
    name, student = table.text("lab"), table.text("student", "")
    table.finish()
    return name, student
