"""Where jobs are done, as options say it: processes of this host, or a cluster."""

import argparse

from trapline.combinations import Usual, refuse
from trapline.jobs.job import Workers
from trapline.options import natural


def add_workers_options(parser: argparse.ArgumentParser, what: str) -> None:
    """`what` is done in each process at a time."""
    usual = f"{what} at a time, each in a process (default: 2; 0: one by one, in this one)"
    parser.add_argument("--jobs", type=natural, metavar="N", default=Usual(2), help=usual)
    cluster = "do it on the dask cluster whose scheduler is at ADDRESS (tcp://HOST:8786)"
    parser.add_argument("--cluster", type=str, metavar="ADDRESS", help=cluster)


def workers(arguments: argparse.Namespace) -> Workers:
    """Whoever does the jobs. Raises UsageError for both at once, or a cluster without dask."""
    if arguments.cluster is None:
        from trapline.jobs.local import Local

        return Local(arguments.jobs)
    refuse(arguments, ["jobs"], "is of this host", "a cluster does as much at a time as it can: leave it away")
    from trapline.jobs.cluster import Cluster

    return Cluster(arguments.cluster)
