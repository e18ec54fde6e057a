"""What the dashboard, the reports and the plan say of the demonstration data is what plain SQL finds in its tables."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from matchmaker.services import demo, progress, reports
from matchmaker.services.figures import board
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.funnel import funnel
from matchmaker.services.figures.scope import Scope
from models import Match, Post, now
from models.vocabulary import Role
from tests.builders import user

pytestmark = pytest.mark.parametrize("sessions", ["sqlite"], indirect=True)
NOON = now().replace(hour=4, minute=0)
LAST = min(NOON.date(), NOON.date().replace(day=28))
"""No leap day, of which the year before has none."""
FIRST = (LAST - dt.timedelta(days=300)).replace(day=1)
DAYS = 7
STEPS = {"proposed": 0, "intent": 1, "accepted": 2, "meeting": 3, "negotiation": 6, "drafted": 7, "signed": 8,
         "registered": 9}
VALID = "state IN ('signed', 'registered', 'performed') AND coalesce(region, '') LIKE :region || '%'"
NEEDS = """SELECT id, published_at AS at FROM post WHERE kind = 'need' AND coalesce(region, '') LIKE :region || '%'
    AND date(published_at, '+8 hours') BETWEEN :first AND :last"""
LISTED = f"SELECT * FROM ({NEEDS}) n WHERE EXISTS (SELECT 1 FROM match WHERE post_id = n.id)"
CASES = """SELECT c.* FROM introduction c JOIN post n ON n.id = c.need_id
    WHERE coalesce(n.region, '') LIKE :region || '%'"""
REACHED = f"""WITH way (state, place) AS (VALUES ('proposed', 0), ('intent', 1), ('accepted', 2), ('meeting', 3),
        ('diagnosis', 4), ('nda', 5), ('negotiation', 6), ('drafted', 7), ('signed', 8), ('registered', 9),
        ('performed', 10)),
    came AS (SELECT c.need_id, w.place, e.at FROM event e JOIN introduction c ON c.id = e.subject_id
        JOIN way w ON w.state = json_extract(e.after, '$.state') WHERE e.subject = 'introduction')
    SELECT n.id, n.at, (SELECT min(at) FROM came WHERE need_id = n.id AND place >= :before) AS since,
        (SELECT min(at) FROM came WHERE need_id = n.id AND place >= :place) AS until FROM ({LISTED}) n"""


@pytest.fixture(params=["", "2201"], ids=["everywhere", "one city"])
def told(session, request):
    """The demonstration with a shortlist for two needs of three; what is asked, and the same as words for SQL."""
    demo.load(session)
    needs = session.scalars(select(Post.id).where(Post.kind == "need").order_by(Post.id)).all()
    supply = session.scalars(select(Post.id).where(Post.kind == "achievement")).first()
    session.add_all(Match(post_id=one, candidate_id=supply, candidate_kind="achievement", rank=1, score=1.0,
                          probability=0.5, band="medium", passed=True, produced_by={}, reasons=[], rules=[],
                          evidence={}) for one in needs if one % 3)
    session.add(user(Role.HEAD, "示例主任"))
    session.flush()
    asked = Scope(periods.between(FIRST, LAST), dt.datetime.combine(LAST, NOON.timetz()), days=DAYS,
                  region=f"{request.param}00" if request.param else None)
    words = {"first": str(FIRST), "last": str(LAST), "region": request.param}
    return SimpleNamespace(session=session, asked=asked, words=words)


def rows(told, sql, **more):
    return told.session.execute(text(sql), told.words | more).all()


def one(told, sql, **more):
    return rows(told, sql, **more)[0][0]


def middle(told, sql, **more):
    """The median of the column `d`, in SQL."""
    return one(told, f"""SELECT avg(d) FROM (SELECT d, row_number() OVER (ORDER BY d) AS n, count(*) OVER () AS c
        FROM ({sql}) WHERE d IS NOT NULL) WHERE n IN ((c + 1) / 2, (c + 2) / 2)""", **more)


def year_before(told):
    earlier = {name: str(dt.date.fromisoformat(told.words[name]).replace(year=year.year - 1))
               for name, year in (("first", FIRST), ("last", LAST))}
    return SimpleNamespace(session=told.session, words=told.words | earlier)


def contracts(told, what, on="signed_on", more="1"):
    return one(told, f"SELECT {what} FROM contract WHERE {VALID} AND {on} BETWEEN :first AND :last AND {more}") or 0


def amount(column):
    return f"sum(CAST({column} AS REAL))"


def in_wan(yuan):
    found = round(yuan / 10_000, 2)
    return str(int(found) if found == int(found) else found)


def plain(number):
    return number.replace(",", "")


def test_needs_and_cases_of_the_cards(told):
    cards = {card.key: card.number for card in board.build(told.session, told.asked, "field").cards}
    first_cases = f"""SELECT n.at, (SELECT min(created_at) FROM introduction WHERE need_id = n.id) AS opened
        FROM ({NEEDS}) n"""
    counted = {
        "needs_published": one(told, f"SELECT count(*) FROM ({NEEDS})"),
        "achievements_published": one(told, "SELECT count(*) FROM (" + NEEDS.replace("'need'", "'achievement'") + ")"),
        "cases_opened": one(told, f"""SELECT count(*) FROM ({CASES})
            WHERE date(created_at, '+8 hours') BETWEEN :first AND :last"""),
        "needs_answered": one(told, f"""SELECT round(100.0 * avg(coalesce(
                julianday(opened) <= julianday(at) + {DAYS}, 0)), 1) FROM ({first_cases})
            WHERE opened IS NOT NULL OR julianday(at) + {DAYS} < julianday(:now)""", now=str(told.asked.at)),
        "shortlists_accepted": one(told, f"""SELECT round(100.0 * avg(EXISTS (SELECT 1 FROM introduction
            WHERE need_id = n.id AND accepted_at IS NOT NULL)), 1) FROM ({LISTED}) n"""),
        "accepted_position": middle(told, f"""SELECT json_extract(evidence, '$.rank') AS d FROM ({CASES})
            WHERE date(accepted_at, '+8 hours') BETWEEN :first AND :last"""),
    }
    assert {key: cards[key] for key in counted} == {key: f"{value:g}" for key, value in counted.items()}
    assert min(counted.values()) > 0 or told.words["region"]
    taken = middle(told, f"SELECT julianday(opened) - julianday(at) AS d FROM ({first_cases})")
    assert float(cards["response_days"]) == pytest.approx(taken, abs=0.1)


def test_contracts_of_the_cards_and_the_year_before(told):
    cards = {card.key: card for card in board.build(told.session, told.asked, "type").cards}
    for key, what, on in (
            ("contracts_count", "count(*)", "signed_on"), ("contracts_amount", amount("amount"), "signed_on"),
            ("contracts_technology", amount("technology_amount"), "signed_on"),
            ("registered_count", "count(registry_number)", "registered_on")):
        found, then = contracts(told, what, on), contracts(year_before(told), what, on)
        assert found > 0 or told.words["region"]
        assert plain(cards[key].number) == (str(found) if "count" in key else in_wan(found))
        change = f"较去年同期 {round(100 * (found - then) / then, 1):+g}%" if then else "去年同期为 0"
        assert cards[key].change == ("与去年同期持平" if found == then else change)
        assert cards[key].trend == ("better" if found > then else "worse" if found < then else "same")


def test_months_beside_those_of_the_year_before(told):
    chart = board.contract_months(told.session, told.asked)
    for year, place in ((LAST.year, 0), (LAST.year - 1, 1)):
        found = dict(rows(told, f"""SELECT CAST(strftime('%m', signed_on) AS INTEGER), {amount('technology_amount')}
            FROM contract WHERE {VALID} AND strftime('%Y', signed_on) = :year GROUP BY 1""", year=str(year)))
        assert [plain(bar.cells[place]) for bar in chart.rows] == [
            in_wan(found.get(month, 0)) for month in range(1, 13)]


def test_each_step_of_the_funnel(told):
    listed = one(told, f"SELECT count(*) FROM ({LISTED})")
    for step, before, earlier in zip(funnel(told.session, told.asked)[1:], [-1, *STEPS.values()], [None, *STEPS],
                                     strict=False):
        words = {"before": before, "place": STEPS[step.key]}
        came = one(told, f"SELECT count(until) FROM ({REACHED})", **words)
        there = one(told, f"SELECT count(since) FROM ({REACHED})", **words) if earlier else listed
        assert (step.count, step.conversion) == (came, round(100 * came / there, 1) if there else None), step.key
        since = "since" if earlier else "at"
        days = middle(told, f"SELECT max(julianday(until) - julianday({since}), 0) AS d FROM ({REACHED})", **words)
        assert step.days == (None if days is None else pytest.approx(days, abs=0.1)), step.key


def test_large_contracts_by_way_of_conversion(told):
    [table, *_] = reports.make(told.session, told.asked, "conversion").tables
    ways = """CASE WHEN payment = 'equity' THEN '作价投资' WHEN type = 'transfer' THEN '转让'
        WHEN type LIKE 'licence%' THEN '许可' WHEN type IN ('commissioned', 'joint') THEN '技术开发'
        WHEN type = 'consulting' THEN '技术咨询' ELSE '技术服务' END"""
    found = {way: rest for way, *rest in rows(told, f"""SELECT {ways}, count(*), {amount('amount')},
            sum(CAST(amount AS REAL) >= 1e6), sum(CASE WHEN CAST(amount AS REAL) >= 1e6 THEN CAST(amount AS REAL) END)
        FROM contract WHERE {VALID} AND signed_on BETWEEN :first AND :last GROUP BY 1""")}
    for way, count, money, _technology, large, large_money, *_ in table.rows[:-1]:
        expected = found.get(way.text, [0, 0, 0, 0])
        assert [count.number, large.number] == [expected[0], expected[2]], way.text
        assert [money.number, large_money.number] == pytest.approx([(expected[1] or 0) / 1e4, (expected[3] or 0) / 1e4])


def test_open_and_stalled_cases_of_each_broker(told):
    load = board.load(told.session, told.asked)
    found = rows(told, f"""SELECT coalesce(u.name, '未分派'), count(*), sum(c.state = 'stalled') FROM ({CASES}) c
        LEFT JOIN user_account u ON u.id = c.broker_id WHERE c.state NOT IN ('closed', 'passed') GROUP BY u.id""")
    assert {(bar.label, *bar.cells) for bar in load.rows} == {(name, str(n), str(still)) for name, n, still in found}


def test_the_plan_is_done_and_likely_to_be_done(told):
    """By the way of the year before: done × its whole ÷ its part up to this day."""
    everywhere = SimpleNamespace(session=told.session, words=told.words | {"region": ""})
    plan = {found.target.goal.figure: found for found in progress.of_year(
        told.session, Scope(periods.year(LAST.year), told.asked.at), LAST.year)}
    gone = (LAST - dt.date(LAST.year, 1, 1)).days + 1
    for key, what, on in (("registered_count", "count(registry_number)", "registered_on"),
                          ("contracts_amount", amount("amount"), "signed_on")):
        def between(first, last, what=what, on=on):
            span = SimpleNamespace(session=told.session, words=everywhere.words | {"first": first, "last": last})
            return Decimal(contracts(span, what, on))

        done = between(f"{LAST.year}-01-01", f"{LAST.year}-12-31")
        whole = between(f"{LAST.year - 1}-01-01", f"{LAST.year - 1}-12-31")
        part = between(f"{LAST.year - 1}-01-01", str(LAST.replace(year=LAST.year - 1)))
        likely = done * whole / part if part else done * periods.year(LAST.year).days / gone
        assert (plan[key].done, plan[key].way) == (done, "seasonal" if part else "linear")
        assert plan[key].forecast == round(likely)
        assert plan[key].percent == int(100 * done / plan[key].target.amount)
        assert plan[key].on_course is (round(likely) >= plan[key].target.amount)
