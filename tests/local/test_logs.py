import json
from pathlib import Path
from typing import Any

import pytest

from local.logs import Filter, as_text, show


def write(folder: Path, process: str, *records: dict[str, Any]) -> None:
    lines = [json.dumps(record) for record in records]
    (folder / f"{process}.log").write_text("\n".join(lines) + "\n")


def line(at: str, service: str, message: str, **extras: Any) -> dict[str, Any]:
    timestamp = f"2026-03-01T10:00:{at}"
    return {"timestamp": timestamp, "level": "INFO", "service": service, "message": message, **extras}


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_lines_of_all_processes_are_merged_by_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "orders-web", line("01Z", "orders", "first"), line("02.500000+00:00", "orders", "third"))
    write(tmp_path, "auth-web", line("02.4Z", "auth", "second"), line("02.51Z", "auth", "fourth"))
    show(tmp_path, Filter(), follow=False)
    assert [text.split()[-1] for text in shown(capsys)] == ["first", "second", "third", "fourth"]


def test_one_request_can_be_followed_across_services(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        tmp_path,
        "orders-web",
        line("01Z", "orders", "his", request_id="abc", method="GET", path="/a", status=201, duration_ms=3.5, x=1),
    )
    write(tmp_path, "auth-web", line("02Z", "auth", "hers", request_id="xyz"), line("03Z", "auth", "nobody's"))
    show(tmp_path, Filter(request="abc"), follow=False)
    (only,) = shown(capsys)
    assert only.endswith("orders     INFO     GET /a 201 in 3.5 ms x=1 request_id=abc")
    show(tmp_path, Filter(service="auth"), follow=False)
    assert len(shown(capsys)) == 2


def test_a_line_cut_off_by_a_crash_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "orders-web", line("01Z", "orders", "whole"))
    with (tmp_path / "orders-web.log").open("a") as file:
        file.write('{"timestamp": "2026-03-')
    show(tmp_path, Filter(), follow=False)
    assert [text.split()[-1] for text in shown(capsys)] == ["whole"]


def test_a_traceback_keeps_its_lines() -> None:
    record = line("01Z", "orders", "it broke", exc_info="Traceback:\n  here")
    assert as_text(record, colour=False).splitlines()[1:] == ["Traceback:", "  here"]
    assert "\033[" not in as_text(record, colour=False)
    assert "\033[" in as_text(record, colour=True)
