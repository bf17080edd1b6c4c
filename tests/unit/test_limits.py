"""The limits of `make bench-labs`: a missed one is told and ends it with status 1, after everything was written."""

import json
from pathlib import Path

import pytest

from benchmarks import limits, report, tfrecords
from benchmarks.limits import Limit, missed

KEPT = {
    "prepare_seconds_per_row_5m_to_500k": 1.0,
    "prepare_peak_mib_5m": 40.0,
    "pytorch_loader_to_step": 90.0,
    "tensorflow_32px_reading_to_step": 5.0,
    "tensorflow_128px_reading_to_step": 50.0,
}


def test_every_limit_has_a_bound_and_names_a_value_that_is_measured() -> None:
    assert {limit.key for limit in limits.LABS} == set(KEPT)
    assert all((limit.least is None) != (limit.most is None) for limit in limits.LABS)
    assert {f"tensorflow_{size}px_reading_to_step" for size in tfrecords.STEPS} <= set(KEPT)


def test_what_keeps_them_is_told_nothing() -> None:
    assert list(missed(KEPT, limits.LABS)) == []


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        (
            "prepare_seconds_per_row_5m_to_500k",
            1.3,
            "1.3, at most 1.2 is asked: prepare.py grows no worse than linearly",
        ),
        ("prepare_peak_mib_5m", 2100.0, "2100, at most 2000 is asked"),
        ("pytorch_loader_to_step", 0.9, "0.9, at least 1 is asked: PyTorch's network does not wait"),
        ("tensorflow_32px_reading_to_step", float("nan"), "nan, at least 1 is asked"),
    ],
)
def test_a_missed_limit_is_told_with_value_and_reason(key: str, value: float, told: str) -> None:
    (line,) = missed({**KEPT, key: value}, limits.LABS)
    assert line.startswith(f"{key} is ")
    assert told in line


def test_what_was_not_measured_is_missed() -> None:
    (line,) = missed({key: value for key, value in KEPT.items() if key != "prepare_peak_mib_5m"}, limits.LABS)
    assert line.startswith("prepare_peak_mib_5m was not measured")


def test_a_benchmark_writes_everything_before_it_ends_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    bound = Limit(key="ratio", about="it is fast", most=1)
    report.run("kept", [("a part", lambda: {"ratio": 0.5})], [bound])
    with pytest.raises(SystemExit) as ended:
        report.run("slow", [("a part", lambda: {"ratio": 2.0, "other": 1.0})], [bound])
    assert ended.value.code == 1
    assert json.loads((tmp_path / "slow.json").read_text()) == {"ratio": 2.0, "other": 1.0}
    assert "missed: ratio is 2, at most 1 is asked: it is fast" in capsys.readouterr().out
