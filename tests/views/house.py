"""One furnished installation: something of everybody's that any address may be asked for, put back as it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from matchmaker import create_app
from matchmaker.config import load
from matchmaker.services import calendars, contract_history, liveness, notices, throttle
from matchmaker.services.attachments import FOLDER
from matchmaker.services.reading import files
from matchmaker.services.transfer import uploads
from matchmaker.views.documents import FOLDER as PAPERS
from models import (
    Activity,
    Attachment,
    CaseTask,
    Contract,
    Document,
    FollowUp,
    Goal,
    GoalEntry,
    Introduction,
    Job,
    JoinRequest,
    MailLink,
    Meeting,
    Message,
    Notice,
    Payment,
    Post,
    Reading,
    SavedSearch,
    ServiceRecord,
    Story,
    Target,
    User,
    make_sessions,
    now,
)
from models.vocabulary import Kind, Role
from scripts import signed_in
from tests.builders import achievement, expert, facility, need, organisation, user
from tests.views.conftest import HASH, Words

ROLES = ("stranger", "owner", "rival", "researcher", "other", "broker", "agent", "head", "admin", "gone")
"""王工 owns the need, 李研究员 the supplies; a rival and another researcher have posts of their own; the broker of the
case and another one; the head; the administrator; one who was let go."""
ABSENT = 987_654
DAY = dt.date(2026, 3, 2)
BYTES = b"%PDF-1.4 example"
PAPER = hashlib.sha256(BYTES).hexdigest()


@dataclass
class House:
    """The application, who lives there, what stands there (name → number or word), and everybody's cookie."""

    app: Flask
    there: dict[str, Any]
    people: dict[str, User]
    folder: Path
    cookies: dict[str, str] = field(default_factory=dict)
    pristine: Any = None

    def path(self, written: str, **instead: Any) -> str:
        """An address in which names in braces stand for what is there."""
        return written.format_map(self.there | instead)

    def ask(self, role: str, method: str, path: str, data: Any = None, **more: Any) -> TestResponse:
        """The answer that somebody gets, in a browser that knows only who it is."""
        headers = {"Cookie": self.cookies[role]} if role in self.cookies else {}
        client = FlaskClient(self.app, self.app.response_class, use_cookies=False)
        return client.open(path, method=method, data=data, headers=headers | more.pop("headers", {}), **more)

    def keep(self) -> None:
        """What stands now is what `restore` brings back."""
        self.pristine = self._library().connect(":memory:")
        self.watching = self._library().connect(self.folder / "matchmaker.db")
        self.watching.execute("PRAGMA synchronous = OFF")
        self.watching.backup(self.pristine)
        self.version = self._version()

    def restore(self) -> set[str]:
        """Undo what was written since; names the tables in which something was."""
        if self._version() == self.version:
            return set()
        names = [name for (name,) in self.pristine.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        said = {name for name in names if self._rows(self.pristine, name) != self._rows(self.watching, name)}
        self.pristine.backup(self.watching)
        _write_files(self.folder)
        self.version = self._version()
        return said

    @staticmethod
    def _rows(opened: Any, table: str) -> list[Any]:
        return list(opened.execute(f'SELECT * FROM "{table}"'))

    def leave(self) -> None:
        self.watching.close()
        self.pristine.close()
        self.app.extensions["sessions"].dispose()

    def _version(self) -> int:
        """Changes when another connection writes to the file."""
        return int(self.watching.execute("PRAGMA data_version").fetchone()[0])

    def _library(self) -> Any:
        """The driver of the application: a second SQLite library in one process would break the file's locks."""
        return self.app.extensions["sessions"].engine.dialect.dbapi


def furnish(empty: Path, folder: Path) -> Iterator[House]:
    """A house in this folder, until the test is over; `empty` is a migrated SQLite file."""
    (folder / "matchmaker.db").write_bytes(empty.read_bytes())
    url = f"sqlite:///{folder / 'matchmaker.db'}"
    sessions = make_sessions(url)
    app = create_app(load({"INSTANCE": str(folder), "DATABASE_URL": url}), finder=Words(sessions))
    app.config["WTF_CSRF_ENABLED"] = False
    with sessions.write() as session:
        people = _people(session)
        there = _things(session, people, app, folder)
        session.commit()
    house = House(app, there, people, folder)
    for role, person in people.items():
        house.cookies[role] = signed_in.cookie(app, person)
    with sessions.write() as session:
        session.merge(people["gone"]).active = False
        session.commit()
    house.keep()
    yield house
    house.leave()
    sessions.dispose()


def _people(session: Session) -> dict[str, User]:
    firm, rival = organisation("示例精工有限公司"), organisation("示例同行有限公司")
    university, school = organisation("示例理工大学", kind="university"), organisation("示例农大", kind="university")
    found = {
        "owner": user(Role.ENTERPRISE, "王工", organisation=firm, position="owner", password_hash=HASH),
        "rival": user(Role.ENTERPRISE, "孙工", organisation=rival, position="owner", password_hash=HASH),
        "researcher": user(Role.RESEARCHER, "李研究员", organisation=university, password_hash=HASH),
        "other": user(Role.RESEARCHER, "吴研究员", organisation=school, password_hash=HASH),
        "broker": user(Role.BROKER, "赵经理", password_hash=HASH),
        "agent": user(Role.BROKER, "冯经理", password_hash=HASH),
        "head": user(Role.HEAD, "钱主任", password_hash=HASH),
        "admin": user(Role.ADMIN, "周管理员", password_hash=HASH),
        "gone": user(Role.BROKER, "离职经理", password_hash=HASH),
    }
    session.add_all(found.values())
    session.flush()
    return found


def _things(session: Session, people: dict[str, User], app: Flask, folder: Path) -> dict[str, Any]:
    there: dict[str, Any] = _posts(session, people)
    there["university"] = people["researcher"].organisation_id
    there |= _case(session, people, there)
    there |= _contract(session, people, there)
    there |= _office(session, people) | _personal(session, people, app)
    there |= _files(session, there, folder)
    table = "名称,技术难题\n示例需求,示例难题\n".encode()
    sent = uploads.create(folder / "uploads", Kind.NEED, "需求.csv", people["broker"].id, io.BytesIO(table))
    there["upload"] = sent.token
    imported = Job(kind="import", state="running", dedupe_key="i", created_by=people["broker"].id,
                   payload={"upload": there["upload"], "kind": "need", "preview": True})
    there |= _saved(session, imported=imported)
    asks = liveness.Office.of(app.config["SETTINGS"])
    wanted = session.get_one(Post, there["need"])
    links = {"confirm": liveness.link(asks, wanted, wanted.owner, DAY),
             "unowned": liveness.office_link(asks, people["broker"])}
    return there | {name: link.rpartition("/")[2] for name, link in links.items()}


def _posts(session: Session, people: dict[str, User]) -> dict[str, Any]:
    """王工's need, published, waiting and begun; 李研究员's supplies, published and begun; the rival's secret draft."""
    owner, li = people["owner"], people["researcher"]
    mine = {"owner": owner, "organisation": owner.organisation}
    hers = {"owner": li, "organisation": li.organisation}
    made = _saved(
        session,
        need=need("求薄壁件翘曲控制", disclosure="staged", annex="附件", broker=people["broker"], **mine),
        waiting=need("求低温密封材料", state="submitted", **mine), begun=need("未写完的需求", state="draft", **mine),
        withdrawn=need("撤回的需求", state="withdrawn", **mine),
        supply=achievement("翘曲补偿技术", **hers), draft=achievement("未完成的成果", state="draft", **hers),
        expert=expert("李研究员", **hers), facility=facility("示例中试平台", **hers),
        theirs=need("同行的需求", owner=people["rival"], organisation=people["rival"].organisation))
    return made | _saved(session, service=ServiceRecord(
        facility_id=made["facility"], served_on=DAY, client="示例客户", mode="remote", amount=1, unit="机时"))


def _case(session: Session, people: dict[str, User], there: dict[str, Any]) -> dict[str, Any]:
    made = _saved(session, case=Introduction(
        need_id=there["need"], supply_id=there["supply"], broker_id=people["broker"].id, state="accepted",
        opened_side="need", intent_side="need", accepted_at=now(),
        answers=dict.fromkeys(("why", "want", "when"), "示例")))
    case, start = made["case"], now() + dt.timedelta(days=3)
    slot = {"start": start.isoformat(), "end": (start + dt.timedelta(hours=1)).isoformat()}
    return made | _saved(
        session,
        meeting=Meeting(uid="1@meeting", introduction_id=case, kind="visit", state="agreed", title="首次走访",
                        side="need", starts_at=start, ends_at=start + dt.timedelta(hours=1), minutes="已看现场。"),
        asked=Meeting(uid="2@meeting", introduction_id=case, kind="meeting", state="proposed", title="二次会谈",
                      side="need", options=[slot]),
        task=CaseTask(introduction_id=case, text="带样件", who_id=people["owner"].id),
        letter=Reading(token="letter-token", user_id=people["owner"].id, message=Message(
            introduction_id=case, author_id=people["researcher"].id, side="supply", text="您好")),
        paper=Document(introduction_id=case, kind="other", title="说明", number=1, name="说明.pdf", audience="parties",
                       sha256=PAPER, size=len(BYTES), media="application/pdf"),
        internal=Document(introduction_id=case, kind="other", title="内部", number=1, name="内部.pdf",
                          audience="staff", sha256=PAPER, size=len(BYTES), media="application/pdf"))


def _contract(session: Session, people: dict[str, User], there: dict[str, Any]) -> dict[str, Any]:
    """A draft of nobody's case, and one of the case that is signed."""
    party = {"name": "示例", "contact": "示例"}
    kept = _saved(
        session,
        contract=Contract(project_name="示例合同", type="service", state="draft", introduction_id=there["case"]),
        signed=Contract(project_name="已签合同", type="commissioned", state="signed", introduction_id=there["case"],
                        signed_on=DAY, amount=100_000, technology_amount=80_000, seller=party, buyer=party,
                        seller_id=people["researcher"].organisation_id, buyer_id=people["owner"].organisation_id))
    signed = kept["signed"]
    made = _saved(
        session,
        payment=Payment(contract_id=signed, position=1, milestone="首付款", amount=50_000),
        follow_up=FollowUp(contract_id=signed, days=90, due_on=DAY),
        story=Story(contract_id=signed, title="示例案例", text="正文"))
    contract_history.keep(session, people["head"], session.get_one(Contract, signed), "signed", DAY)
    return kept | made | {"version": 1}


def _office(session: Session, people: dict[str, User]) -> dict[str, Any]:
    made = _saved(session, goal=Goal(name="示例服务收入", unit="万元"))
    return made | _saved(
        session,
        job=Job(kind="shortlist", state="failed", dedupe_key="1", error="示例错误"),
        target=Target(goal_id=made["goal"], year=2026, amount=100),
        entry=GoalEntry(goal_id=made["goal"], entered_for=DAY, value=10, entered_by=people["head"].id),
        activity=Activity(kind="training", title="示例培训", held_on=DAY),
        unchecked=organisation("示例待核验单位", created_by=people["owner"].id))


def _personal(session: Session, people: dict[str, User], app: Flask) -> dict[str, Any]:
    """What is one person's alone: 王工's, unless the name says else."""
    owner, firm, later = people["owner"], people["owner"].organisation, now() + dt.timedelta(days=3)
    key = str(app.config["SECRET_KEY"])
    colleague = user(Role.ENTERPRISE, "郑工", organisation=firm, position="member")
    newcomer = user(Role.ENTERPRISE, "新人")
    links = {purpose: MailLink(token_hash=throttle.digest(f"{purpose}-token"), purpose=purpose, expires_at=later,
                               email=f"{purpose}@example.com") for purpose in ("register", "reset", "invite")}
    links["reset"].user_id, links["invite"].organisation_id = owner.id, firm.id
    links["invite"].created_by = owner.id
    made = _saved(session, colleague=colleague, newcomer=newcomer, firm=firm, invitation=links["invite"],
                  search=SavedSearch(user_id=owner.id, name="翘曲", kind="need", query="q=翘曲", token="known"),
                  notice=Notice(user_id=owner.id, kind="match", subject="新的匹配", key="m", channel="off",
                                link="/needs"))
    session.add_all(links.values())
    made |= _saved(session, request=JoinRequest(user_id=newcomer.id, organisation_id=firm.id))
    return made | {
        "owner_id": owner.id, "firm": firm.id, "stop": notices.unsubscribe_token(key, owner.id, "match"),
        "feed": calendars.rotate(session, owner)}


def _write_files(folder: Path) -> None:
    for root, names in ((FOLDER, [letter * 64 for letter in "abc"]), (PAPERS, [PAPER])):
        for name in names:
            path = files.place(folder / root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(BYTES)


def _files(session: Session, there: dict[str, Any], folder: Path) -> dict[str, Any]:
    _write_files(folder)
    return _saved(session, **{
        f"file_{part}": Attachment(post_id=there[post], part=part, name="说明.pdf", size=len(BYTES),
                                   sha256=letter * 64, media_type="application/pdf")
        for part, letter, post in (("public", "a", "need"), ("full", "b", "need"), ("annex", "c", "need"))
    }, file_hidden=Attachment(post_id=there["waiting"], part="public", name="说明.pdf", size=len(BYTES),
                              sha256="a" * 64, media_type="application/pdf"))


def _saved(session: Session, **rows: Any) -> dict[str, Any]:
    session.add_all(rows.values())
    session.flush()
    return {name: getattr(row, "id", None) for name, row in rows.items()}
