"""Screens of guests shown to others: `shown.py` is what viewers have of one, `showing.py` runs a guest that has one,
`rfb.py` serves it to viewers of VNC, `png.py` keeps a picture, `words.py` says what is done at the keyboard."""
