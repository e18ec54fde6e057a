"""The figures are those that a slow recount over loaded objects finds, whatever is asked; and each is its rows."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from matchmaker.services import reports, targets
from matchmaker.services.figures import board, counting, parts, showing
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.counting import Within
from matchmaker.services.figures.funnel import funnel
from matchmaker.services.figures.scope import Scope, asked, whole
from matchmaker.services.figures.table import FIGURES
from matchmaker.services.targets import Area, Definition
from models import Contract
from models.vocabulary import Role
from tests import history
from tests.builders import need, organisation, user
from tests.services.recount import Asked, Recount

NOW = dt.datetime(2026, 3, 5, 2, 0, tzinfo=dt.UTC)
SPANS = {
    "a year": periods.year(2025), "this year": periods.year(2026),
    "a quarter": periods.of("quarter", dt.date(2025, 8, 9)),
    "a month": periods.of("month", dt.date(2025, 12, 31)), "a week": periods.of("week", dt.date(2025, 12, 31)),
    "from to": periods.between(dt.date(2024, 6, 15), dt.date(2026, 1, 1)),
}


@pytest.fixture
def told(session):
    return history.make(session, 7, NOW)


def scope(span="from to", **more):
    return Scope(SPANS[span], NOW, **more)


def same(session, told, within):
    """Every figure of the scope equals the recount; the slow way knows the region by its leading digits."""
    area = {"region": {"220000": "22", "220100": "2201", None: ""}[within.region]}
    slow = Recount(told, Asked(
        within.period.start, within.period.last, NOW, field=within.field, broker=within.broker, days=within.days,
        institute=within.institute, demo=within.demo, people=within.people and set(within.people), **area)).all()
    fast = {key: counting.value(session, key, within) for key in slow}
    assert fast == slow
    return fast


@pytest.mark.parametrize("span", SPANS)
def test_each_figure_is_what_a_slow_recount_finds(session, told, span):
    same(session, told, scope(span))


def test_the_recount_agrees_wherever_one_looks(session, told):
    narrowed = [
        scope(region="220100"), scope(region="220000", field="materials"), scope(demo=False, days=3),
        scope(broker=told.brokers[0].id), scope(institute=told.institutes[0].id),
        scope(people=frozenset({told.brokers[1].id, told.brokers[3].id})),
        scope(people=frozenset({told.brokers[1].id}), broker=told.brokers[1].id, field="energy"),
    ]
    counts = [same(session, told, one)["needs_published"] for one in narrowed]
    assert all(0 < count < 60 for count in counts), "each scope leaves something out and something in"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_history_is_counted_as_well(session, seed):
    same(session, history.make(session, seed, NOW, 25), scope())


def test_every_figure_of_the_table_is_recounted_or_shown_to_be_one_of_those(session, told):
    recounted = set(Recount(told, Asked(dt.date(2025, 1, 1), dt.date(2025, 12, 31), NOW)).all())
    assert set(FIGURES) - recounted == {"brokers"}
    assert counting.value(session, "brokers", scope()) == 4


def test_a_figure_is_made_of_the_rows_shown_behind_it(session, told):
    for key, figure in FIGURES.items():
        values, after, seen = [], None, []
        while True:
            page = counting.rows(session, key, scope(), after=after)
            values += [row.value for row in page.rows]
            seen += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
        assert len(set(seen)) == len(seen), key
        assert counting.aggregate(figure, values) == counting.value(session, key, scope()), key
        assert seen == [row.id for row in counting.every_row(session, key, scope())]
        assert len(showing.lines(session, figure, page.rows)) == len(page.rows)


VIEWS = {
    "a year": ("head", scope("a year")), "a quarter of a region": ("head", scope("a quarter", region="220100", days=3)),
    "real rows of a field": ("head", scope("from to", field="energy", demo=False)),
    "a month of one's own office": ("broker", scope("a month")), "an institute": ("institute", scope("this year")),
}


def behind(session, viewer, words):
    """What the page of an address would show: the figure, its value, and its rows, page by page."""
    figure, least = FIGURES[words["key"]], words.get("least")
    within = Within(words.get("by"), words.get("code"), Decimal(least) if least else None)
    found = replace(asked(session, viewer, dict(words)), at=NOW)
    rows, after = [], None
    while True:
        page = counting.rows(session, figure.key, found, within, after)
        rows, after = rows + page.rows, page.after
        if after is None:
            return figure, counting.value(session, figure.key, found, within), rows


def leads(session, viewer, said, words):
    """The number that is said is that of the rows behind it."""
    figure, value, rows = behind(session, viewer, words)
    ways = {"": None} if value is None else {}
    ways |= {showing.plain(figure, value): value, showing.text(figure, value): value}
    assert said.replace(",", "") in {way.replace(",", "") for way in ways}, (said, words, value)
    assert counting.aggregate(figure, (row.value for row in rows)) == value, words
    if figure.how == "count":
        assert len({row.id for row in rows}) == value, words


@pytest.mark.parametrize("view", VIEWS)
def test_every_number_on_the_dashboard_leads_to_its_rows(session, told, view):
    viewer, seen = VIEWS[view]
    viewer = told.brokers[1] if viewer == "broker" else told.head
    seen = replace(seen, people=whole(session, viewer).people,
                   institute=told.institutes[0].id if view == "an institute" else None)
    query, links = seen.as_query(), 0
    for by in board.BY:
        shown = board.build(session, seen, by) if by == "field" else None
        for card in shown.cards if shown else ():
            leads(session, viewer, card.number, query | {"key": card.key})
            if card.earlier:
                figure, then, _rows = behind(session, viewer, card.earlier)
                assert card.change == showing.change(figure, counting.value(session, card.key, seen), then)
        for chart in shown.charts if shown else [board.contracts_by(session, seen, by)]:
            for bar in chart.rows:
                for cell, link in zip(bar.cells, bar.links, strict=True):
                    if link:
                        links += 1
                        leads(session, viewer, cell, query | link)
        if shown:
            leads(session, viewer, str(shown.stalled_count), query | {"key": "cases_stalled"})
    assert links > 70


@pytest.mark.parametrize("view", ["a year", "a month of one's own office"])
@pytest.mark.parametrize("name", reports.KINDS)
def test_every_number_of_a_report_leads_to_its_rows(session, told, view, name):
    viewer, seen = VIEWS[view]
    viewer = told.brokers[1] if viewer == "broker" else told.head
    goal = targets.define(session, told.head, Definition("示例登记项数", "registered_count", "", "sum", ""))
    targets.set_target(session, told.head, goal, 2025, Area("region", "220100"), Decimal(9))
    tables = reports.make(session, replace(seen, people=whole(session, viewer).people), name).tables
    linked = [cell for table in tables for row in table.rows for cell in row if cell.link]
    for cell in linked:
        leads(session, viewer, cell.text, cell.link)
    assert len(linked) > 4


def test_groups_and_months_add_up_to_the_figure(session, told):
    year = scope("a year")
    for key, figure in FIGURES.items():
        if not figure.adds_up:
            continue
        total = counting.value(session, key, year)
        assert sum(value for _m, value in counting.monthly(session, key, year)) == total
        for by in counting.groups(figure):
            groups = counting.split(session, key, year, by)
            assert sum(groups.values()) == total, (key, by)
            assert {code: counting.value(session, key, year, Within(by, code)) for code in groups} == groups


def test_the_funnel_is_its_figures_and_only_narrows(session, told):
    steps = funnel(session, scope())
    assert [step.count for step in steps] == sorted((step.count for step in steps), reverse=True)
    for step in steps:
        assert step.count == counting.value(session, step.figure, scope())
        if step.key != "shortlist":
            assert step.days == counting.value(session, step.pace, scope())
            assert step.conversion == counting.value(session, step.rate, scope())
    for step, earlier in zip(steps[1:], steps, strict=False):
        assert step.conversion == round(100 * step.count / earlier.count, 1)
        assert len(counting.every_row(session, step.rate, scope())) == earlier.count


def test_large_contracts_are_found_by_their_amount(session, told):
    year = scope("a year")
    wanted = [one for one in told.contracts if one.state in parts.VALID and one.signed_on.year == 2025]
    for least in (Decimal(1_000_000), Decimal(100_000_000)):
        large = [one.amount for one in wanted if one.amount >= least]
        assert counting.value(session, "contracts_count", year, Within(least=least)) == len(large)
        assert counting.value(session, "contracts_amount", year, Within(least=least)) == sum(large)


def test_a_day_begins_at_midnight_here(session):
    """At 16:00 UTC it is the next day in Shanghai; on 31 December, the next year."""
    session.add_all([need(published_at=dt.datetime(2025, 12, 31, 15, 59, 59, tzinfo=dt.UTC)),
                     need(published_at=dt.datetime(2025, 12, 31, 16, 0, tzinfo=dt.UTC))])
    session.flush()
    assert [counting.value(session, "needs_published", scope(span)) for span in ("a year", "this year")] == [1, 1]
    monthly = counting.monthly(session, "needs_published", scope("a year"))
    assert [value for _month, value in monthly] == [0] * 11 + [1]


def test_the_last_day_of_a_year_and_a_leap_day_are_counted(session):
    session.add_all([Contract(state="signed", project_name="示例", type="joint", signed_on=day, amount=Decimal(1))
                     for day in (dt.date(2024, 2, 29), dt.date(2024, 12, 31), dt.date(2025, 1, 1))])
    session.flush()

    def count(span):
        return counting.value(session, "contracts_count", Scope(span, NOW))

    assert [count(periods.year(one)) for one in (2024, 2025)] == [2, 1]
    assert count(periods.of("month", dt.date(2024, 2, 1))) == 1
    assert count(periods.of("day", dt.date(2024, 2, 29))) == 1
    assert count(periods.of("week", dt.date(2025, 1, 1))) == 2, "Monday 30 December to Sunday 5 January"


def test_an_empty_office_has_a_dashboard(session):
    found = board.build(session, scope("this year"), "field")
    assert found.empty
    assert not found.demo
    assert {card.number for card in found.cards} == {"0", "—"}
    for name in reports.KINDS:
        assert reports.make(session, scope("this year"), name).tables


def test_people_see_their_own_office(session, told):
    first, head = told.brokers[0], told.head
    assert whole(session, head).people is None
    assert whole(session, first).people == {told.brokers[0].id, told.brokers[2].id}
    alone = user(Role.BROKER)
    session.add(alone)
    session.flush()
    assert whole(session, alone).people == {alone.id}


def test_what_an_address_says_badly_is_left_out(session):
    boss = user(Role.HEAD, organisation=organisation())
    session.add(boss)
    session.flush()
    found = asked(session, boss, {"period": "aeon", "on": "2026-02-30", "region": "x", "field": "y", "broker": "1;2",
                                  "days": "99", "institute": "9" * 30})
    assert found == Scope(periods.of("year", found.today), found.at)
    custom = asked(session, boss, {"period": "custom", "from": "2026-02-10", "to": "2026-01-01"})
    assert (custom.period.start, custom.period.last) == (dt.date(2026, 1, 1), dt.date(2026, 2, 10))
    again = asked(session, boss, custom.as_query())
    assert again.period == custom.period
