"""An installation in which every page has something on it: the demonstration's year, and what that lacks."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import docx
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker.services import (
    accounts,
    attachments,
    brokering,
    clock,
    demo,
    indexing,
    liveness,
    meetings,
    messages,
    notices,
    organisations,
    registering,
    revisions,
    saved_searches,
)
from matchmaker.services.brokering import Pair
from matchmaker.services.halls import Question
from matchmaker.services.reading import files
from matchmaker.services.transfer import desk, uploads
from matchmaker.services.transfer.columns import recognise
from models import (
    Achievement,
    CaseTask,
    Contract,
    Disclosure,
    Facility,
    FollowUp,
    Goal,
    Introduction,
    Job,
    Meeting,
    Need,
    Post,
    PostRevision,
    Story,
    User,
    now,
)
from models.vocabulary import Kind, Role
from tests.browser.conftest import PASSWORD, House
from tests.builders import need, organisation, user
from tests.services.cases import ANSWERS

LONG = "这是一段很长的话，没有一处可以断开的地方也要放得下https://example.com/" + "averylongword" * 12 + "。"


class FullHouse(House):
    """Its `ids` name what the addresses of pages need."""

    def work(self) -> None:
        """Encode, and leave the matching of the whole demonstration undone: pages need one shortlist alone."""
        while True:
            with self.sessions.write() as session:
                session.execute(delete(Job).where(Job.kind.not_in(("embed", "import")), Job.state == "queued"))
                session.commit()
            if not self.worker.step():
                break
        self._judge()
        with self.sessions.write() as session:
            session.add(Job(kind="shortlist", state="failed", dedupe_key="shown", error=LONG))
            session.commit()

    def _furnish(self) -> dict[str, Any]:
        with self.sessions.write() as session:
            self._first_row(session)
            hashed = accounts.hash_password(PASSWORD)
            session.add_all(user(role, f"{role.label}示例", email=f"{role}@example.com", password_hash=hashed)
                            for role in Role)
            session.flush()
            demo.load(session)
            found = _posts(session) | _tokens(session, self)
            session.commit()
            found |= _case(session, found)
            found |= _office(session, found)
            found |= _files(session, self.settings.instance, found)
            session.commit()
            return found


def _person(session: Session, role: str) -> User:
    return session.scalars(select(User).where(User.email == f"{role}@example.com")).one()


def _posts(session: Session) -> dict[str, Any]:
    """Posts of the enterprise and the researcher in every state that has a page of its own."""
    enterprise, researcher = _person(session, "enterprise"), _person(session, "researcher")
    firm = enterprise.organisation
    asked = session.scalars(select(Need).where(Need.owner_id == enterprise.id).order_by(Need.id)).first()
    supplies = session.scalars(select(Achievement).where(Achievement.owner_id == researcher.id)).all()
    assert asked is not None
    shared: dict[str, Any] = {"organisation": firm, "owner": enterprise, "broker": _person(session, "broker")}
    long = need(("长" * 60 + "https://example.com/" + "x" * 60)[:100], main_problem=LONG * 30, field="agriculture",
                keywords=["很长的关键词" * 5] * 5, **shared)
    draft = need("只写了一半的需求", state="draft", **shared)
    waiting = need("修改后待审的需求", state="submitted", **shared)
    ending = need("快要到期的需求", valid_until=clock.today() + dt.timedelta(5), **shared)
    session.add_all([long, draft, waiting, ending])
    indexing.publish_many(session, [long, ending])
    session.add(PostRevision(post_id=waiting.id, version=0, digest="0" * 64, content=revisions.content(waiting) | {
        "main_problem": LONG, "budget": "300000", "keywords": ["旧词"]}))
    session.flush()
    laboratory = session.scalars(select(Facility).where(Facility.owner_id == researcher.id)).first()
    profile = session.scalars(select(Post).where(Post.kind == "expert", Post.owner_id == researcher.id)).first()
    return {"need": asked.id, "long": long.id, "draft": draft.id, "waiting": waiting.id, "ending": ending.id,
            "achievement": supplies[0].id, "dear": supplies[1].id, "expert": profile.id if profile else 0,
            "facility": laboratory.id if laboratory else 0, "firm": firm.id if firm else 0}


def _tokens(session: Session, house: FullHouse) -> dict[str, Any]:
    """What the links in mails carry, and who waits to be let in."""
    enterprise, key = _person(session, "enterprise"), house.settings.secret()
    firm = enterprise.organisation
    newcomer = user("enterprise", "新来的人", email="newcomer@example.com")
    session.add_all([newcomer, organisation("示例待核验有限公司", address=LONG[:100])])
    session.flush()
    assert firm is not None
    organisations.ask_to_join(session, newcomer, firm, LONG[:200])
    for kind in ("match", "task"):
        notices.notify(session, enterprise, kind, "示例通知：" + LONG[:60], LONG, "/intents", f"shown-{kind}")
    asked = session.scalars(select(Post).where(Post.state == "published")).first()
    assert asked is not None
    saved = saved_searches.create(session, enterprise, Question(Kind.NEED, "翘曲"), "翘曲", "daily")
    office = liveness.Office.of(house.settings)
    return {
        "unowned": liveness.office_link(office, _person(session, "head")).rsplit("/", 1)[-1],
        "register": registering.issue(session, "register", "somebody@example.com"),
        "reset": registering.issue(session, "reset", enterprise.email, user=enterprise),
        "invite": registering.issue(session, "invite", "guest@example.com", organisation=firm, by=enterprise),
        "confirm": liveness.link(office, asked, None, clock.today()).rsplit("/", 1)[-1],
        "unsubscribe": notices.unsubscribe_token(key, enterprise.id, "match"), "stop": saved.token,
    }


def _case(session: Session, found: dict[str, Any]) -> dict[str, Any]:
    """A case that was accepted, with times to choose from, a meeting that was, a message and a task."""
    people = {role: _person(session, role) for role in ("enterprise", "researcher", "broker")}
    pair = Pair(session.get_one(Post, found["need"]), session.get_one(Post, found["achievement"]))
    case = brokering.open_case(session, pair) or brokering.express_intent(
        session, people["enterprise"], pair, "need", ANSWERS)
    brokering.accept(session, people["researcher"], case, case.version)
    brokering.assign(session, people["broker"], case, case.version, people["broker"])
    start = now().replace(minute=0) + dt.timedelta(days=3)
    later = [(start + dt.timedelta(days=n), start + dt.timedelta(days=n, hours=1)) for n in range(3)]
    plan = meetings.Plan("meeting", "首次会谈", place="示例车间", slots=[meetings.Slot(*one) for one in later])
    proposed = meetings.propose(session, people["researcher"], case, plan)
    held = Meeting(uid="held@meeting", introduction_id=case.id, kind="visit", state="agreed", title="看现场",
                   side="office", place="示例车间", starts_at=start - dt.timedelta(days=9),
                   ends_at=start - dt.timedelta(days=9, hours=-1), minutes="")
    session.add_all([held, CaseTask(introduction_id=case.id, text="准备样件", who_id=people["enterprise"].id),
                     Disclosure(post_id=found["need"], part="contact", viewer_id=people["researcher"].id,
                                introduction_id=case.id, how="cases.show")])
    messages.send(session, people["researcher"], case, LONG)
    other = Pair(session.get_one(Post, found["ending"]), session.get_one(Post, found["dear"]))
    waiting = brokering.express_intent(session, people["enterprise"], other, "need", ANSWERS)
    session.flush()
    return {"case": case.id, "waiting_case": waiting.id, "meeting": proposed.id, "held": held.id}


def _office(session: Session, found: dict[str, Any]) -> dict[str, Any]:
    """A draft contract of the case; after a signed one, a follow-up that is due and a story."""
    case = session.get_one(Introduction, found["case"])
    performed = session.scalars(select(Contract).where(Contract.state == "signed")).first()
    if performed is not None:
        performed.introduction_id = case.id
    draft = Contract(introduction_id=found["case"], project_name="示例翘曲控制开发", type="commissioned", state="draft")
    signed = session.scalars(select(Contract).where(Contract.state == "registered").order_by(Contract.id)).first()
    assert signed is not None
    story = Story(version=1, contract_id=signed.id, state="published", title="一次成功的对接", text=LONG * 5,
                  published_at=now(), buyer_consent_at=now(), seller_consent_at=now())
    session.add_all([draft, story, FollowUp(contract_id=signed.id, days=30, due_on=clock.today())])
    case.next_step = "寄样件"
    session.flush()
    return {"contract_draft": draft.id, "contract": signed.id, "story": story.id,
            "contract_signed": performed.id if performed else 0,
            "goal": session.scalars(select(Goal.id).where(Goal.figure.is_(None))).first()}


def _files(session: Session, instance: Path, found: dict[str, Any]) -> dict[str, Any]:
    """A paper attached to a need, and a list that somebody is bringing in."""
    broker, paper, content = _person(session, "broker"), docx.Document(), io.BytesIO()
    paper.add_paragraph(LONG)
    paper.save(content)
    asked = session.get_one(Need, found["need"])
    root, owner = instance / attachments.FOLDER, _person(session, "enterprise")
    with files.received(root, f"{LONG[:60]}.docx", io.BytesIO(content.getvalue())) as taken:
        kept = attachments.add(session, owner, root, asked, "public", taken)
    rows = "需求名称,主要问题\n求示例技术,示例问题\n" + "长" * 40 + "," + LONG
    upload = uploads.create(instance / "uploads", Kind.NEED, "需求.csv", broker.id, io.BytesIO(rows.encode()))
    table = desk.look(upload)
    desk.choose(upload, recognise(Kind.NEED, table.columns), "")
    job = desk.ask(session, broker, upload, preview=True)
    return {"upload": upload.token, "job": job.id, "attachment": kept.id}
