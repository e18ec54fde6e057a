"""How the money of a contract is shared among institute, completers and office: the rule, and exact cents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from itertools import accumulate, pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from matchmaker.services import events, permissions
from matchmaker.services.content import Invalid
from matchmaker.services.problems import Problem
from models import SplitRule, User
from models.vocabulary import SHARERS

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
Shares = dict[str, Decimal]
"""Party (SHARERS) → percent; together exactly 100."""
Parts = dict[str, Decimal]
"""Party → yuan; together exactly what was shared."""


def parts(amount: Decimal, shares: Mapping[str, Decimal]) -> Parts:
    """`amount` (yuan, in cents, not negative) shared out in proportion; cents left over go to the largest remainders.

    Each part is less than a cent from its exact share, and the parts sum to the amount exactly.
    """
    whole = sum(shares.values(), Decimal(0))
    exact = {party: amount * share / whole for party, share in shares.items()}
    found = {party: value.quantize(CENT, ROUND_FLOOR) for party, value in exact.items()}
    left = int((amount - sum(found.values(), Decimal(0))) / CENT)
    for party in sorted(exact, key=lambda party: (found[party] - exact[party], list(exact).index(party)))[:left]:
        found[party] += CENT
    return found


def in_turn(amounts: Sequence[Decimal], shares: Mapping[str, Decimal]) -> list[Parts]:
    """Each of several amounts shared so that also the running totals are shared exactly as `parts` would."""
    totals = [parts(total, shares) for total in accumulate(amounts, initial=Decimal(0))]
    return [{party: later[party] - earlier[party] for party in shares} for earlier, later in pairwise(totals)]


def read(typed: Mapping[str, str]) -> Shares:
    """The shares that were typed, one percentage per party. Raises Invalid naming the field."""
    found: Shares = {}
    errors: dict[str, str] = {}
    for party, label in SHARERS.items():
        try:
            found[party] = percent(typed.get(party, "").strip() or "0")
        except ValueError:
            errors[party] = f"{label}：请填写 0–100 之间的百分比，最多两位小数。"
    if not errors and (total := sum(found.values(), Decimal(0))) != HUNDRED:
        errors["office"] = f"三项合计须为 100%，现在是 {total.normalize():f}%。"
    if errors:
        raise Invalid(errors)
    return found


def current(session: Session) -> SplitRule | None:
    """The rule that new contracts are shared by; None until the office set one."""
    return session.scalar(select(SplitRule).order_by(SplitRule.id.desc()).limit(1))


def history(session: Session) -> list[SplitRule]:
    """Every rule there was, the newest first."""
    wanted = select(SplitRule).options(joinedload(SplitRule.maker)).order_by(SplitRule.id.desc())
    return list(session.scalars(wanted.limit(50)))


def set_rule(session: Session, actor: User, typed: Mapping[str, str], note: str) -> SplitRule:
    """Let a new rule hold for contracts signed from now on. Raises NotAllowed, Invalid, Problem."""
    permissions.check_head(actor)
    shares = read(typed)
    if not note.strip():
        raise Problem("请写明依据，例如《某单位科技成果转化收益分配办法》第几条。")
    before = current(session)
    rule = SplitRule(shares=rows(shares), note=note.strip()[:500], made_by=actor.id)
    session.add(rule)
    session.flush()
    events.record(session, actor, "split_rule.set", rule, before={"shares": before.shares if before else []},
                  after={"shares": rule.shares})
    return rule


def rows(shares: Mapping[str, Decimal]) -> list[dict[str, str]]:
    """Shares as they are stored: the percentage as exact text."""
    return [{"party": party, "percent": f"{percent.normalize():f}"} for party, percent in shares.items()]


def shares_of(stored: Sequence[Mapping[str, str]]) -> Shares:
    return {row["party"]: Decimal(row["percent"]) for row in stored}


def percent(text: str) -> Decimal:
    """A typed percentage, with at most two decimals. Raises ValueError."""
    try:
        found = Decimal(text.rstrip("%％").strip())
    except InvalidOperation:
        raise ValueError(text) from None
    if not found.is_finite() or not 0 <= found <= HUNDRED or found != found.quantize(CENT):
        raise ValueError(text)
    return found
