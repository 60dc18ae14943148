"""What is found out about a behaviour, or made of it, once a description is checked.

`validity` says what is well formed; `normal` and `windows` rewrite, `partition` sorts the state by its roles.
"""
