from collections import Counter

from tests.chaos.schedule import CALLED, JOB_LEASE, ROUND, SAGA_LEASE, SERVICES, Act, Fault, Part, draw


def test_the_same_seed_draws_the_same_storm_and_another_seed_another() -> None:
    storm = draw(seed=7, faults=60, checkouts=1000)
    assert storm == draw(seed=7, faults=60, checkouts=1000)
    assert storm != draw(seed=8, faults=60, checkouts=1000)
    assert str(storm[0]) == "fault  1 at checkout    3: orders postgres: restart"


def test_faults_are_due_one_by_one_over_the_whole_load() -> None:
    storm = draw(seed=1, faults=60, checkouts=1000)
    assert [fault.number for fault in storm] == list(range(1, 61))
    assert [fault.due * 60 // 1000 for fault in storm] == sorted(fault.due * 60 // 1000 for fault in storm)
    assert max(fault.due for fault in storm) < 1000
    assert all(abs(fault.due - (fault.number - 0.5) * 1000 / 60) <= 1000 / 60 for fault in storm)


def test_a_round_holds_every_way_in_which_every_part_fails() -> None:
    storm = draw(seed=3, faults=len(ROUND), checkouts=100)
    assert {(fault.part, fault.act) for fault in storm} == {(card.part, card.act) for card in ROUND}
    assert {card.part for card in ROUND} == set(Part)
    assert {card.act for card in ROUND} == set(Act)
    for part in (Part.WEB, Part.WEB_WORKER, Part.JOB_WORKER, Part.POSTGRES, Part.BACKEND):
        assert {Act.KILL, Act.HANG} <= {card.act for card in ROUND if card.part is part}


def test_services_take_turns() -> None:
    struck: Counter[str] = Counter()
    for fault in draw(seed=4, faults=10 * len(ROUND), checkouts=1000):
        if fault.act is not Act.OUTLAST:
            struck[fault.service] += 1
    assert set(struck) == {*SERVICES, "mailjet", "all"}
    assert max(struck[name] for name in SERVICES) - min(struck[name] for name in CALLED) <= 5 * len(ROUND)
    assert all(struck[name] >= 20 for name in SERVICES)


def test_every_hang_past_a_lease_is_longer_than_the_lease() -> None:
    storm = draw(seed=5, faults=200, checkouts=1000)
    leases = {Part.WEB_WORKER: SAGA_LEASE, Part.JOB_WORKER: JOB_LEASE}
    long = [fault for fault in storm if fault.act is Act.OUTLAST]
    assert len(long) >= 16
    assert all(fault.seconds > leases[fault.part] for fault in long)
    assert all(fault.seconds < SAGA_LEASE for fault in storm if fault.act is not Act.OUTLAST)


def test_what_happens_at_once_is_described_without_a_length() -> None:
    fault = Fault(number=3, due=41, service="orders", part=Part.WEB, act=Act.KILL, seconds=0.0, pick=0)
    assert str(fault) == "fault  3 at checkout   41: orders web: kill -9"
    fault = Fault(number=4, due=50, service="mailjet", part=Part.MAILJET, act=Act.LATE, seconds=3.25, pick=0)
    assert str(fault) == "fault  4 at checkout   50: mailjet: answer too late for 3.2 s"
