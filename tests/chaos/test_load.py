from collections import Counter

from tests.chaos.load import BUYERS, HOT_ITEMS, HOT_SHARE, HOT_STOCK_SHARE, MANNERS, METHODS, PLENTIFUL_ITEMS, visit

VISITS = [visit(seed=7, number=number) for number in range(1, 1001)]


def test_the_same_seed_plans_the_same_visits_and_another_seed_others() -> None:
    assert [visit(seed=7, number=number) for number in range(1, 1001)] == VISITS
    assert visit(seed=8, number=1) != VISITS[0]


def test_buyers_behave_and_pay_in_every_way() -> None:
    manners = Counter(each.manner for each in VISITS)
    methods = Counter(each.method for each in VISITS)
    assert set(manners) == set(MANNERS)
    assert set(methods) == set(METHODS)
    assert min(manners.values()) >= 20
    assert min(methods.values()) >= 5
    assert {each.buyer for each in VISITS} == set(range(BUYERS))
    assert {each.own_cart for each in VISITS} == {each.comes_back for each in VISITS} == {True, False}


def test_each_visit_is_for_different_things_that_exist() -> None:
    for each in VISITS:
        things = [thing for thing, _quantity in each.things]
        assert len(things) == len(set(things)) in {1, 2}
        assert set(things) <= set(range(HOT_ITEMS + PLENTIFUL_ITEMS))


def test_scarce_items_are_wanted_more_often_than_there_are_any() -> None:
    wanting = [each for each in VISITS if any(thing < HOT_ITEMS for thing, _quantity in each.things)]
    assert abs(len(wanting) / len(VISITS) - HOT_SHARE) < 0.05
    assert len(wanting) > 1.5 * HOT_STOCK_SHARE * len(VISITS)
