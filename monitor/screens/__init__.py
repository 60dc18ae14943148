"""Screens of guests shown to others: `showing.py` runs a guest that has one, `rfb.py` serves it to viewers of VNC,
`png.py` keeps a picture."""
