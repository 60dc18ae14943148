"""Service levels for people: `prove` says which promises of a policy are proved, `promise` what machines can be
promised together, and how long each of them waits at most (docs/scheduling.md); `consolidate` has many servers on few
hosts (docs/consolidate.md).
"""
