"""Networks of guests: what leaves one card arrives at others, at a step of the clock that all of them share.

`forwarding.py` is what a switch decides, as IR, so that it is proved and run from one text; `switch.py` does it.
`network.py` connects guests of one schedule, with what goes wrong on the way (`impairments.py`). `capture.py` writes
what passes for Wireshark's tools.
"""
