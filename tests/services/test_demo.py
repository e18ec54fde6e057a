"""The demonstration data is what it says: complete, coded, varied, plainly fictitious, and loaded once."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.services import demo, snapshots
from matchmaker.services.content import BRIEF, LONGEST, missing
from models import Contract, Event, Indicator, Introduction, Job, Organisation, Post, User, now
from models import vocabulary as words
from models.vocabulary import Kind, Role, State
from tests.builders import user

ROWS = list(demo.rows())
ORGANISATIONS = {row["name"]: row for row in demo.organisation_rows()}
REAL = {name for name, row in ORGANISATIONS.items() if "source_url" in row}
ONE_CODE = {
    "field": words.FIELDS, "industry": words.INDUSTRIES, "region": words.REGIONS, "disclosure": words.DISCLOSURE,
    "activity": words.ACTIVITIES, "clarity": words.CLARITY, "stage": words.STAGES, "level": words.LEVELS,
    "application_state": words.APPLICATION_STATES, "category": words.CATEGORIES, "attribute": words.ATTRIBUTES,
    "form": words.FORMS, "evaluation": words.EVALUATIONS, "discipline": words.DISCIPLINES,
    "facility_kind": words.FACILITY_KINDS,
}
MANY_CODES = {
    "modes": words.MODES, "regions_accepted": words.REGIONS, "regions_served": words.REGIONS, "offers": words.OFFERS,
}
LONG_TEXTS = ("brief", "main_problem", "key_technique", "expected_goal", "tried", "description", "services")
NAME = re.compile(r".示例")


def named(row: dict[str, Any]) -> str:
    return str(row["external_id"])


def test_there_is_enough_of_each_kind():
    counted = Counter(row["kind"] for row in ROWS)
    assert counted["need"] >= 60
    assert counted["achievement"] >= 200
    assert counted["expert"] >= 60
    assert counted["facility"] >= 20


def test_no_identifier_and_no_title_comes_twice():
    assert [key for key, n in Counter(map(named, ROWS)).items() if n > 1] == []
    assert [key for key, n in Counter(row["title"] for row in ROWS).items() if n > 1] == []


def test_no_two_posts_are_made_of_the_same_sentences():
    grams = {named(row): _grams("".join(str(row.get(name, "")) for name in LONG_TEXTS)) for row in ROWS}
    alike = [(a, b) for a, b in combinations(grams, 2)
             if len(grams[a] & grams[b]) > 0.6 * min(len(grams[a]), len(grams[b]))]
    assert alike == []


def test_no_sentence_is_used_twice():
    counted = Counter(sentence for row in ROWS for sentence in _sentences(row) if len(sentence) > 15)
    assert [sentence for sentence, n in counted.items() if n > 1] == []


def test_every_code_is_of_its_list():
    for row in ROWS:
        assert [name for name, codes in ONE_CODE.items() if name in row and row[name] not in codes] == [], named(row)
        assert all(set(row.get(name, ())) <= set(codes) for name, codes in MANY_CODES.items()), named(row)
        assert set(row.get("elements", {})) <= {"materials", "methods", "efficacy", "products", "applications"}
        assert {item["kind"] for item in row.get("ip", ())} <= set(words.IP_KINDS), named(row)
        assert {item["state"] for item in row.get("ip", ())} <= set(words.IP_STATES), named(row)


def test_texts_keep_to_the_forms():
    for row in ROWS:
        assert 1 <= len(row["keywords"]) <= 5, named(row)
        assert len(row["brief"]) <= BRIEF.get(Kind(row["kind"]), 500), named(row)
        assert [name for name, longest in LONGEST.items() if len(row.get(name) or "") > longest] == [], named(row)


def test_indicators_are_well_formed():
    bounds = {"ge": (True, False), "gt": (True, False), "le": (False, True), "lt": (False, True), "eq": (True, True),
              "range": (True, True)}
    for row in ROWS:
        for indicator in row.get("indicators", ()):
            low, high = indicator.get("low"), indicator.get("high")
            assert (low is not None, high is not None) == bounds[indicator["comparison"]], named(row)
            assert low is None or high is None or low <= high, named(row)
            assert indicator["quantity"] == indicator["quantity"].strip() != "", named(row)
            assert len(indicator.get("unit", "")) <= 32, named(row)


def test_every_need_says_what_it_wants_in_numbers_and_words():
    for row in (row for row in ROWS if row["kind"] == "need"):
        assert row.get("indicators") or row["clarity"] != "clear", named(row)
        assert row["from_year"] <= row["to_year"], named(row)
        assert {"main_problem", "key_technique", "expected_goal", "tried", "modes"} <= set(row), named(row)


def test_enterprises_and_persons_are_plainly_fictitious():
    assert [name for name in ORGANISATIONS if name not in REAL and "示例" not in name] == []
    assert len(REAL) == 7
    assert {ORGANISATIONS[name]["kind"] for name in REAL} == {"university", "institute"}
    people = [row["title"] for row in ROWS if row["kind"] == "expert"]
    people += [person["name"] for row in ROWS for person in row.get("completers", ())]
    assert [name for name in people if not NAME.fullmatch(name)] == []
    contacts = [row for row in ROWS if "contact_name" in row]
    assert all("示例" in row["contact_name"] and "-0000 " in row["contact_phone"]
               and row["contact_email"].endswith("@example.com") for row in contacts)


def test_real_institutes_claim_nothing():
    claims = {"indicators", "trl", "price", "ip", "completers", "cases", "contact_name", "contact_phone"}
    real = [row for row in ROWS if row["organisation"] in REAL]
    assert len(real) >= 7
    assert [named(row) for row in real if claims & set(row)] == []
    assert all(row["title"].startswith("研究方向") and row["brief"].startswith("演示条目") for row in real)


def test_judgements_name_posts_that_exist():
    kinds = {named(row): row["kind"] for row in ROWS}
    judged = list(_judgements())
    assert len({need for need, _, _ in judged}) >= 50
    for need, achievement, score in judged:
        assert (kinds[need], kinds[achievement]) == ("need", "achievement")
        assert score in (1, 2)


def test_loading_stores_everything_published_and_marked(session: Session):
    counts = demo.load(session)
    assert counts == {"organisation": len(ORGANISATIONS)} | Counter(row["kind"] for row in ROWS)
    posts = session.scalars(select(Post)).all()
    assert len(posts) == len(ROWS)
    assert all(post.demo and post.state == State.PUBLISHED and post.source_note == "演示数据" for post in posts)
    assert all(organisation.demo for organisation in session.scalars(select(Organisation)))
    written = sum(len(row.get("indicators", ())) for row in ROWS)
    assert session.scalar(select(func.count()).select_from(Indicator)) == written
    assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "embed")) >= len(ROWS) // 64


def test_what_is_loaded_could_have_been_published_by_hand(session: Session):
    demo.load(session)
    posts = session.scalars(select(Post).where(Post.kind.in_(("need", "achievement"))))
    lacking = {post.external_id: missing(post) for post in posts if post.title[:4] != "研究方向"}
    assert {key: labels for key, labels in lacking.items() if labels} == {}


def test_loading_twice_changes_nothing(session: Session):
    demo.load(session)
    before = _everything(session)
    assert set(demo.load(session).values()) == {0}
    assert _everything(session) == before


def test_what_somebody_changed_is_left_alone(session: Session):
    demo.load(session)
    post = session.scalars(select(Post)).first()
    assert post is not None
    post.title = "经理人改过的标题"
    session.flush()
    demo.load(session)
    assert post.title == "经理人改过的标题"


def test_the_enterprise_account_owns_the_needs_of_its_company(session: Session):
    ming = user(Role.ENTERPRISE, email="enterprise@example.com")
    session.add(ming)
    session.flush()
    demo.load(session)
    assert ming.organisation is not None
    mine = session.scalars(select(Post).where(Post.owner_id == ming.id)).all()
    assert {post.organisation_id for post in mine} == {ming.organisation_id}
    assert session.get_one(User, ming.id).organisation_id == ming.organisation_id


def _everything(session: Session) -> list[tuple[Any, ...]]:
    session.flush()
    jobs = session.scalar(select(func.count()).select_from(Job))
    posts = session.execute(select(Post.id, Post.version, Post.updated_at, Post.title).order_by(Post.id))
    return [(jobs, session.scalar(select(func.count()).select_from(Organisation))), *map(tuple, posts)]


def _grams(text: str, size: int = 8) -> set[str]:
    return {text[at:at + size] for at in range(max(1, len(text) - size + 1))}


def _sentences(row: dict[str, Any]) -> Iterator[str]:
    for name in LONG_TEXTS:
        yield from re.split(r"[。；]", str(row.get(name, "")))


def _judgements() -> Iterator[tuple[str, str, int]]:
    path = Path(__file__).resolve().parent.parent / "data" / "demo_qrels.tsv"
    for line in path.read_text(encoding="utf-8").splitlines():
        need, achievement, score = line.split("\t")
        yield need, achievement, int(score)


def test_the_office_has_a_history_of_its_own(session: Session):
    """Cases stand where their last event says, contracts have theirs, and nothing lies in the future."""
    demo.load(session)
    session.commit()
    cases = session.scalars(select(Introduction)).all()
    last = {event.subject_id: event for event in session.scalars(
        select(Event).where(Event.subject == "introduction").order_by(Event.at))}
    assert len(cases) > 40
    assert {case.state for case in cases} >= {"registered", "passed", "stalled"}
    for case in cases:
        assert (case.state, case.state_since) == (last[case.id].after["state"], last[case.id].at)
        assert case.created_at <= case.state_since <= now()
    contracts = session.scalars(select(Contract)).all()
    assert all(contract.demo and contract.amount for contract in contracts)
    assert max(contract.signed_on for contract in contracts if contract.signed_on) <= now().date()
    assert {contract.introduction.state for contract in contracts if contract.introduction} <= {
        "drafted", "signed", "registered", "performed", "closed"}


def test_no_real_institute_has_an_invented_case_or_contract(session: Session):
    demo.load(session)
    cases, contracts = session.scalars(select(Introduction)).all(), session.scalars(select(Contract)).all()
    there = {post.organisation.name for case in cases for post in (case.need, case.supply)}
    there |= {party.name for one in contracts for party in (one.buying, one.selling) if party}
    assert there
    assert not there & REAL


def test_the_match_of_every_case_can_be_shown(session: Session):
    demo.load(session)
    session.commit()
    head = user("head")
    shown = [snapshots.for_viewer(head, case) for case in session.scalars(select(Introduction))]
    assert all("候选" in one["shown"]["summary"] for one in shown)
