from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from tests.chaos.record import Answer, Kind
from tests.chaos.report import Run, draw, markdown, percentile
from tests.chaos.schedule import Act, Fault, Part
from tests.chaos.storm import Struck

TOLD = Answer(Kind.CHECKOUT, at=1.0, seconds=0.5, buyer="b", key="1", status=201, order="o", state="completed")
KILLED = Fault(number=2, due=7, service="orders", part=Part.WEB, act=Act.KILL, seconds=0.0, pick=0)
SLOWED = Fault(number=1, due=3, service="payment", part=Part.CALLS, act=Act.DELAY, seconds=4.0, pick=0)
RUN = Run(
    seed=7,
    visits=3,
    faults=[SLOWED, KILLED],
    struck=[Struck(KILLED, 4.0, 4.0, "pid 4711"), Struck(SLOWED, 1.0, 5.0, "12 calls")],
    answers=[
        TOLD,
        replace(TOLD, at=1.2),
        replace(TOLD, key="2", status=None),
        replace(TOLD, key="2", status=402, order=None, seconds=2.0, state=None, code="payment_declined"),
        replace(TOLD, key="3", status=202, order=None),
        replace(TOLD, kind=Kind.BROWSE, key=None, status=503, order=None),
    ],
    load_seconds=11.6,
    recovery_seconds=2.34,
    figures={"mails": 3},
    findings=[],
)


def test_the_report_says_how_to_repeat_the_run_and_what_came_of_it() -> None:
    text = markdown(RUN, on="a machine", picture="chaos.svg")
    assert "`make chaos SEED=7 CHECKOUTS=3 FAULTS=2` on a machine." in text
    assert (
        "**The audit holds.** 3 visits in 12 s, 2 faults, 1 checkouts bought; "
        "all was sound 2.3 s after everything was up again." in text
    )
    assert "![Throughput over time, with the faults](chaos.svg)" in text
    assert "## Findings\n\nNone.\n" in text
    assert "- checkouts that ended with 201 completed: 1\n- checkouts that ended with 402 payment_declined: 1\n" in text
    assert "- mails: 3\n" in text


def test_the_report_lists_each_finding() -> None:
    text = markdown(replace(RUN, findings=["order 1 is lost", "order 2 too"]), on="", picture="")
    assert "**2 findings.**" in text
    assert "## Findings\n\n- order 1 is lost\n- order 2 too\n" in text


def test_the_report_counts_answers_by_status_and_those_that_never_came() -> None:
    text = markdown(RUN, on="", picture="")
    assert "| | 201 | 202 | 402 | 503 | – |\n|---|--:|--:|--:|--:|--:|\n" in text
    assert "| browse |  |  |  | 1 |  |\n| checkout | 2 | 1 | 1 |  | 1 |\n" in text


def test_the_report_gives_latencies_of_what_was_answered() -> None:
    text = markdown(RUN, on="", picture="")
    assert "| | answers | p50 | p90 | p99 | longest |\n" in text
    assert "| checkout | 4 | 0.500 | 2.000 | 2.000 | 2.000 |\n" in text


def test_the_report_lists_the_faults_in_their_order() -> None:
    text = markdown(RUN, on="", picture="")
    slowed = "| 1 | 3 | 1.0 | 5.0 | payment calls | delay | 12 calls |\n"
    killed = "| 2 | 7 | 4.0 | 4.0 | orders web | kill -9 | pid 4711 |\n"
    assert slowed + killed in text


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 11)]
    assert [percentile(values, share) for share in (1, 50, 90, 99, 100)] == [1.0, 5.0, 9.0, 10.0, 10.0]
    assert percentile([3.0], 50) == 3.0


def test_one_run_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(RUN, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    texts = {element.text for element in ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}text")}
    assert {"Seed 7: 3 visits, 2 faults", "bought", "job worker", "postgres backend"} <= texts


def test_faults_show_in_the_picture(tmp_path: Path) -> None:
    draw(RUN, tmp_path / "with.svg")
    draw(replace(RUN, struck=[]), tmp_path / "without.svg")
    assert len((tmp_path / "with.svg").read_bytes()) > len((tmp_path / "without.svg").read_bytes()) + 500
