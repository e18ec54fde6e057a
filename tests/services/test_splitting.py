"""The money of a contract is shared to the cent: nothing is lost and nothing appears."""

from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import select

from matchmaker.services import splitting
from matchmaker.services.content import Invalid
from matchmaker.services.problems import NotAllowed, Problem
from models import Event
from tests.builders import user

TYPED = {"institute": "20", "completers": "70", "office": "10"}


def some_shares(chance: Random) -> splitting.Shares:
    first, second = sorted(chance.randint(0, 10_000) for _ in range(2))
    cents = (first, second - first, 10_000 - second)
    return dict(zip(("institute", "completers", "office"), (Decimal(one) / 100 for one in cents), strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_parts_sum_to_the_amount_whatever_the_shares(seed):
    chance = Random(seed)
    for _ in range(200):
        amount, shares = Decimal(chance.randint(0, 10**chance.randint(1, 15))) / 100, some_shares(chance)
        found = splitting.parts(amount, shares)
        assert sum(found.values()) == amount
        assert all(abs(found[party] - amount * percent / 100) < splitting.CENT for party, percent in shares.items())
        assert all(part >= 0 and part == part.quantize(splitting.CENT) for part in found.values())


@pytest.mark.parametrize("seed", range(20))
def test_payments_are_shared_so_that_they_add_up_to_the_shared_contract(seed):
    chance = Random(seed)
    shares = some_shares(chance)
    amounts = [Decimal(chance.randint(1, 10**9)) / 100 for _ in range(chance.randint(1, 30))]
    turns = splitting.in_turn(amounts, shares)
    assert [sum(turn.values()) for turn in turns] == amounts
    together = {party: sum(turn[party] for turn in turns) for party in shares}
    assert together == splitting.parts(sum(amounts), shares)


def test_three_thirds_of_ten_yuan():
    shares = {"institute": Decimal("33.33"), "completers": Decimal("33.33"), "office": Decimal("33.34")}
    assert splitting.parts(Decimal("10.00"), shares) == {
        "institute": Decimal("3.33"), "completers": Decimal("3.33"), "office": Decimal("3.34")}


@pytest.mark.parametrize(("typed", "field", "said"), [
    (TYPED | {"office": "11"}, "office", "合计须为 100%，现在是 101%"),
    (TYPED | {"office": "-1"}, "office", "0–100"),
    (TYPED | {"completers": "七十"}, "completers", "成果完成人"),
    (TYPED | {"institute": "20.001"}, "institute", "两位小数"),
    (TYPED | {"institute": "NaN"}, "institute", "完成单位"),
])
def test_shares_that_are_no_shares_are_named(typed, field, said):
    with pytest.raises(Invalid) as refused:
        splitting.read(typed)
    assert said in refused.value.errors[field]


def test_the_head_sets_a_rule_and_the_old_one_is_kept(session):
    head = user("head", "钱主任")
    session.add(head)
    session.flush()
    first = splitting.set_rule(session, head, TYPED, "示例办法第八条")
    second = splitting.set_rule(session, head, TYPED | {"office": "5", "completers": "75%"}, "示例办法（修订）")
    assert splitting.current(session) is second
    assert splitting.history(session) == [second, first]
    assert splitting.shares_of(second.shares)["completers"] == 75
    last = session.scalars(select(Event).where(Event.action == "split_rule.set").order_by(Event.id.desc())).first()
    assert last.before["shares"] == first.shares


def test_a_rule_names_what_it_rests_on_and_is_the_heads(session):
    head, broker = user("head"), user("broker")
    session.add_all([head, broker])
    session.flush()
    with pytest.raises(Problem, match="依据"):
        splitting.set_rule(session, head, TYPED, " ")
    with pytest.raises(NotAllowed):
        splitting.set_rule(session, broker, TYPED, "示例办法")
