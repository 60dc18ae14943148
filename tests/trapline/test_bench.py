"""What `bench` reports is complete; how fast anything is, no test says."""

import json
from pathlib import Path

import pytest

from trapline.cli import main


def test_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bench.json"
    assert main(["bench", "--small", "--repeat", "1", "--output", str(path)]) == 0
    out, report = capsys.readouterr().out, json.loads(path.read_text())
    assert len(report["guests"]) == 5
    for row in report["guests"]:
        assert row["guest"] in out and f"{row['steps']:,}" in out
        assert row["bare"] > 0 and row["monitored"] > 0 and 0.9 < row["share"] < 1 and row["exits"] > 0
    assert report["exit"]["exits"] > 10_000
    assert "microseconds" in out
