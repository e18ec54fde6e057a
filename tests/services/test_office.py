"""The office's settings: defaults, what is typed, what is refused, and the log."""

import pytest
from sqlalchemy import select

from matchmaker.services import office
from matchmaker.services.content import Invalid
from matchmaker.services.problems import NotAllowed
from models import Event
from tests.builders import user


def typed(session, **more):
    """The page of settings as it stands, filled in."""
    form = {}
    for name, value in office.every(session).items():
        if isinstance(value, dict):
            form |= {f"{name}.{code}": str(number) for code, number in value.items()}
        elif value is not False:
            form[name] = office.shown(value)
    return form | {name.replace("__", "."): text for name, text in more.items()}


@pytest.fixture
def head(session):
    person = user("head", "钱主任")
    session.add(person)
    session.flush()
    return person


def test_what_nobody_set_is_the_default(session):
    assert office.get(session, "follow_up.days") == [30, 90, 180, 365]
    with pytest.raises(KeyError):
        office.get(session, "no.such")


def test_a_change_is_kept_and_logged_with_before_and_after(session, head):
    changed = office.change(session, head, typed(session, follow_up__days="60、 30，30"))
    assert (changed, office.get(session, "follow_up.days")) == (["回访时间（签约后天数）"], [30, 60])
    event = session.scalar(select(Event).where(Event.action == "office.set"))
    assert (event.before, event.after) == (
        {"follow_up.days": [30, 90, 180, 365]}, {"follow_up.days": [30, 60]})
    assert office.change(session, head, typed(session)) == []


def test_a_limit_per_state_is_changed_alone(session, head):
    office.change(session, head, typed(session, **{"case__stalled_days.nda": "45"}))
    limits = office.get(session, "case.stalled_days")
    assert (limits["nda"], limits["negotiation"]) == (45, 60)


@pytest.mark.parametrize("wrong", ["", "零", "30、-1", "99999", "1e3"])
def test_what_is_no_list_of_days_is_named_and_nothing_is_kept(session, head, wrong):
    with pytest.raises(Invalid) as refused:
        office.change(session, head, typed(session, follow_up__days=wrong, payment__remind_days="3"))
    assert list(refused.value.errors) == ["follow_up.days"]
    assert office.get(session, "payment.remind_days") == 7


def test_a_broker_changes_no_setting(session):
    broker = user("broker")
    session.add(broker)
    session.flush()
    with pytest.raises(NotAllowed):
        office.put(session, broker, "payment.remind_days", 3)
