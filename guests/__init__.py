"""Programs for the machines, in assembly: each `.s` file here is a guest; `lib/`, `os/`, `vmm/` hold what they include.

Every guest begins with a comment that says what it does and, in lines that `guests.catalogue` reads, what it prints
for which input and with which exit code. Tests run them all and believe none.
"""
