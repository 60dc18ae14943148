"""What is read from files and kept in them: texts, files written whole, and what was made once and is kept.

`cache` keeps bytes, `flat` makes them of values, `kept` decides what they still hold for.
"""
