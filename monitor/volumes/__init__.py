"""Volumes: what a virtual machine takes for a disk, and the host keeps in files.

Everything here is a `Volume`, and most are made of other volumes. `volume.py` says what one is, `file.py` is the one at
the bottom. `qcow2/` is an image that grows and stands on another, `group/` is one of several parts that goes on when
parts fail, and `thin.py` one that has less than it promises, alone or in a pool that it shares (`pool.py`). `nbd.py`
serves any volume to other programs, `opening.py` makes a volume of a file's name, and `faulty.py` is what can go wrong.
docs/volumes.md is for those who use them.
"""
