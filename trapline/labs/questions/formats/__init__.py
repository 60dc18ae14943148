"""Questions for people, as text and as a page for print, and for learning platforms: GIFT, which Moodle imports, and
QTI 2.1. Each is a function from questions to the bytes of a file, and `catalogue.py` has them by name."""
