"""Many pieces of work that share nothing: `job.py` says what one is and what may come of it, `local.py` does them in
processes of this host, `results.py` keeps what came of them, so that nothing is done twice, and `running.py` puts the
two together. Nobody else knows where a job runs."""
