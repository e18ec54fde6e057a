"""Who may see and do what: the one place that is asked, by pages, searches, reasons, exports and the API alike.

`check_x` raises with a sentence for the person; `can_x` answers templates. A viewer of None is a stranger.

A post is disclosed in stages, to everyone but its own side and the office:

    public brief ──▶ full text, organisation, contacts ──▶ annex
                 intent accepted by both sides       both signed the NDA

Each stage is reached through a case (`Introduction`) of which the viewer is the other side, and ends when the case is
passed. `party_posts` is the same rule as SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, event, false, or_, select, true
from sqlalchemy.orm import Session, aliased, object_session

from matchmaker.services.problems import NotAllowed, NotFound
from models import Contract, Document, Introduction, Organisation, Participant, Post, User
from models.vocabulary import STAFF, Role, State

HEADS = frozenset({Role.HEAD, Role.ADMIN})
NEED, SUPPLY = "need", "supply"
PASSED = "passed"
PUBLIC = frozenset({
    "title", "keywords", "brief", "field", "industry", "region", "modes", "number", "valid_until", "source_note",
})
"""What everyone may read of a staged post, besides its organisation and contacts, which have rules of their own."""
NAMING = frozenset({"registration_number", "completers", "orcid", "homepage"})
"""What leads to the organisation by a search elsewhere; hidden with its name."""
CONTACTS = {"contact_name": "name", "contact_phone": "phone", "contact_email": "email"}
_KEPT = "standings"


@dataclass(frozen=True)
class Standing:
    """How far a viewer reads a post of the other side, or one that it brokers, and through which case."""

    case_id: int
    annex: bool


def is_staff(viewer: User | None) -> bool:
    return viewer is not None and viewer.active and Role(viewer.role) in STAFF


def check_staff(viewer: User | None) -> None:
    if not is_staff(viewer):
        raise NotAllowed("此页面仅供中心工作人员使用。")


def is_head(viewer: User | None) -> bool:
    """The head of the office or an administrator."""
    return viewer is not None and viewer.active and Role(viewer.role) in HEADS


def check_head(viewer: User | None) -> None:
    if not is_head(viewer):
        raise NotAllowed("此页面仅供中心负责人与管理员使用。")


def check_admin(viewer: User | None) -> None:
    if viewer is None or not viewer.active or viewer.role != Role.ADMIN:
        raise NotAllowed("此页面仅供管理员使用。")


def owns_organisation(viewer: User | None) -> bool:
    """Whether the viewer decides who belongs to their organisation."""
    return viewer is not None and viewer.active and viewer.position == "owner" and viewer.organisation is not None


def check_own_organisation(viewer: User) -> Organisation:
    """The viewer's organisation, which they own. Raises NotAllowed."""
    if viewer.organisation is None or not owns_organisation(viewer):
        raise NotAllowed("此操作仅限单位管理者。")
    return viewer.organisation


def check_admit(viewer: User, organisation: Organisation, owned: bool) -> None:
    """Who lets others into an organisation: its owners; the office while it has none (`owned` false)."""
    if not (is_staff(viewer) if not owned else viewer.organisation_id == organisation.id and owns_organisation(viewer)):
        raise NotAllowed("此操作仅限单位管理者；单位尚无管理者的，由中心工作人员处理。")


def owns(viewer: User | None, post: Post) -> bool:
    """The poster, or a colleague of the enterprise that posts; researchers answer each for themselves."""
    if viewer is None or not viewer.active:
        return False
    same = viewer.organisation_id is not None and viewer.organisation_id == post.organisation_id
    return post.owner_id == viewer.id or (same and viewer.role == Role.ENTERPRISE)


def owned_posts(viewer: User | None, post: Any = Post) -> ColumnElement[bool]:
    """The condition of `owns`; `post` may be an alias of Post."""
    if viewer is None or not viewer.active:
        return false()
    if viewer.organisation_id is None or viewer.role != Role.ENTERPRISE:
        return post.owner_id == viewer.id  # type: ignore[no-any-return]
    return or_(post.owner_id == viewer.id, post.organisation_id == viewer.organisation_id)


def sides(viewer: User | None, case: Introduction) -> frozenset[str]:
    """On which sides of a case the viewer stands: need, supply, both or none. Staff who posted for themselves count."""
    if viewer is None or not viewer.active:
        return frozenset()
    found = {side for side, post in ((NEED, case.need), (SUPPLY, case.supply)) if owns(viewer, post)}
    contacts = {NEED: case.need_contact_id, SUPPLY: case.supply_contact_id}
    found |= {side for side, user_id in contacts.items() if user_id == viewer.id}
    return frozenset(found | {one.side for one in case.participants if one.user_id == viewer.id} & {NEED, SUPPLY})


def party_posts(viewer: User | None) -> Select[int]:
    """Ids of the posts of other sides that the viewer reads in full, through a case that both accepted."""
    need, supply = aliased(Post), aliased(Post)
    open_case = and_(Introduction.accepted_at.is_not(None), Introduction.state != PASSED)
    offered = select(Introduction.supply_id).join(need, Introduction.need_id == need.id)
    wanted = select(Introduction.need_id).join(supply, Introduction.supply_id == supply.id)
    if viewer is None or not viewer.active:
        return select(Post.id).where(false())
    both = offered.where(open_case, or_(owned_posts(viewer, need), named(viewer))).union(
        wanted.where(open_case, or_(owned_posts(viewer, supply), named(viewer)))).subquery()
    return select(both.c[0])


def standing(viewer: User | None, post: Post) -> Standing | None:
    """The case through which the viewer reads more of the post than everyone, the one that leads furthest."""
    session = object_session(post)
    if viewer is None or not viewer.active or session is None:
        return None
    kept: dict[int, dict[int, Standing]] = session.info.setdefault(_KEPT, {})
    if viewer.id not in kept:
        kept[viewer.id] = _standings(session, viewer)
    return kept[viewer.id].get(post.id)


def visible_posts(viewer: User | None) -> ColumnElement[bool]:
    """The condition under which `viewer` may know that a post exists."""
    published = Post.state == State.PUBLISHED
    if viewer is not None and is_staff(viewer):
        return or_(Post.state != State.DRAFT, Post.owner_id == viewer.id)
    if viewer is None or not viewer.active:
        return published
    frozen = and_(Post.state == State.FROZEN, Post.id.in_(party_posts(viewer)))
    return or_(published, owned_posts(viewer), frozen)


def published_posts(viewer: User | None) -> ColumnElement[bool]:
    """The part of `visible_posts` that stands in the public halls; the same for everybody."""
    return Post.state == State.PUBLISHED


def can_see(viewer: User | None, post: Post) -> bool:
    """Whether `viewer` may know that the post exists; the same rule as `visible_posts`."""
    if post.state == State.PUBLISHED or owns(viewer, post):
        return True
    if is_staff(viewer):
        return post.state != State.DRAFT
    return post.state == State.FROZEN and standing(viewer, post) is not None


def check_see(viewer: User | None, post: Post | None) -> Post:
    """The post itself; an absent one and a hidden one give the same answer."""
    if post is None or not can_see(viewer, post):
        raise NotFound("没有找到这条信息，它可能已被撤回或地址有误。")
    return post


def can_read_full(viewer: User | None, post: Post) -> bool:
    """Whether `viewer` may read beyond the public brief."""
    return post.disclosure == "open" or _inside(viewer, post)


def can_read_annex(viewer: User | None, post: Post) -> bool:
    """Its own side, the other side once both signed the NDA, the broker in charge, head and administrator."""
    if owns(viewer, post) or is_head(viewer):
        return True
    if viewer is not None and is_staff(viewer) and post.broker_id == viewer.id:
        return True
    found = standing(viewer, post)
    return found is not None and found.annex


def can_read_attachment(viewer: User | None, post: Post, part: str) -> bool:
    """Whether `viewer` may read a file that is disclosed with that part (code of ATTACHMENT_PARTS) of the post."""
    return {"public": True, "full": can_read_full(viewer, post)}.get(part) or can_read_annex(viewer, post)


def can_read_organisation(viewer: User | None, post: Post) -> bool:
    return not post.hide_organisation or _inside(viewer, post)


def can_read_contact(viewer: User | None, post: Post, part: str) -> bool:
    """`part` is name, phone or email."""
    return part in post.contact_public or _inside(viewer, post)


def can_read_field(viewer: User | None, post: Post, name: str) -> bool:
    """Whether what a column (or `organisation`, `indicators`) says of the post may be shown to the viewer."""
    if name == "annex":
        return can_read_annex(viewer, post)
    if name in CONTACTS:
        return can_read_contact(viewer, post, CONTACTS[name])
    if name in ("organisation", "source_url"):
        return can_read_organisation(viewer, post)
    if name in NAMING and not can_read_organisation(viewer, post):
        return False
    return name in PUBLIC or can_read_full(viewer, post)


def can_match(viewer: User | None, post: Post) -> bool:
    """Whether `viewer` may see who could answer the post."""
    return is_staff(viewer) or owns(viewer, post)


def check_match(viewer: User | None, post: Post) -> None:
    if not can_match(viewer, post):
        raise NotAllowed("匹配结果仅供发布者与中心工作人员查看。")


def can_judge(viewer: User | None, post: Post) -> bool:
    """Whether `viewer` may say which candidates of the post fit."""
    return can_match(viewer, post) and post.state == State.PUBLISHED


def check_judge(viewer: User | None, post: Post) -> None:
    if not can_judge(viewer, post):
        raise NotAllowed("只有发布者与中心工作人员可以评价候选，且信息须在发布中。")


def side_of(viewer: User | None, case: Introduction) -> str | None:
    """For whom `viewer` stands in a case: office, need or supply; None for somebody who has no part in it."""
    if viewer is None or not viewer.active:
        return None
    if is_staff(viewer):
        return "office"
    found = sides(viewer, case)
    return NEED if NEED in found else SUPPLY if SUPPLY in found else None


def named(viewer: User) -> ColumnElement[bool]:
    """The condition under which the office named `viewer`, who need not own a post, as taking part in a case."""
    part = select(Participant.introduction_id).where(Participant.user_id == viewer.id)
    return or_(Introduction.need_contact_id == viewer.id, Introduction.supply_contact_id == viewer.id,
               Introduction.id.in_(part))


def visible_cases(viewer: User | None) -> ColumnElement[bool]:
    """The condition under which `viewer` may know that a case exists; the same rule as `side_of`."""
    if viewer is not None and is_staff(viewer):
        return true()
    if viewer is None or not viewer.active:
        return false()
    post = aliased(Post)
    posts = select(post.id).where(owned_posts(viewer, post))
    return or_(Introduction.need_id.in_(posts), Introduction.supply_id.in_(posts), named(viewer))


def check_see_case(viewer: User | None, case: Introduction | None) -> Introduction:
    """The case itself; an absent one and a foreign one give the same answer."""
    if case is None or side_of(viewer, case) is None:
        raise NotFound("没有找到这项对接，它可能不属于您或地址有误。")
    return case


def colleagues(session: Session, viewer: User) -> frozenset[int] | None:
    """The people whose work the viewer may see counted: those of the same office; None means everyone."""
    check_staff(viewer)
    if is_head(viewer):
        return None
    if viewer.organisation_id is None:
        return frozenset({viewer.id})
    same = select(User.id).where(User.organisation_id == viewer.organisation_id)
    return frozenset(session.scalars(same)) | {viewer.id}


def can_see_contract(viewer: User | None, contract: Contract) -> bool:
    """The office; both sides of its case once it is signed."""
    if is_staff(viewer):
        return True
    case = contract.introduction
    return contract.signed_on is not None and contract.state != "draft" and case is not None and bool(
        sides(viewer, case))


def visible_contracts(viewer: User | None) -> ColumnElement[bool]:
    """The condition of `can_see_contract`."""
    if is_staff(viewer):
        return true()
    mine = select(Introduction.id).where(visible_cases(viewer))
    return and_(Contract.introduction_id.in_(mine), Contract.state != "draft", Contract.signed_on.is_not(None))


def in_accepted_case(viewer: User | None, case: Introduction) -> bool:
    """Whether the viewer stands on a side of a case that both accepted and that nobody passed."""
    return case.accepted_at is not None and case.state != PASSED and bool(sides(viewer, case))


def can_read_document(viewer: User | None, case: Introduction, document: Document) -> bool:
    """The office; both sides of an accepted case, unless the paper is the office's own."""
    return is_staff(viewer) or (document.audience == "parties" and in_accepted_case(viewer, case))


def contract_side(viewer: User | None, contract: Contract) -> str | None:
    """As what the viewer stands in a signed contract: buyer, seller, or None."""
    if contract.introduction is None or not can_see_contract(viewer, contract):
        return None
    found = sides(viewer, contract.introduction)
    return "buyer" if NEED in found else "seller" if SUPPLY in found else None


def _inside(viewer: User | None, post: Post) -> bool:
    """The office, the post's own side, or the other side of a case that both accepted."""
    return is_staff(viewer) or owns(viewer, post) or standing(viewer, post) is not None


def _standings(session: Session, viewer: User) -> dict[int, Standing]:
    """Every post that the viewer reads further through a case. Of two cases the one that opens the annex counts."""
    need, supply = aliased(Post), aliased(Post)
    accepted = Introduction.accepted_at.is_not(None)
    asks, offers = (or_(owned_posts(viewer, post), named(viewer)) for post in (need, supply))
    brokered = Introduction.broker_id == viewer.id if is_staff(viewer) else false()
    wanted = (
        select(Introduction, asks, offers, brokered)
        .join(need, Introduction.need_id == need.id).join(supply, Introduction.supply_id == supply.id)
        .where(Introduction.state != PASSED, or_(brokered, and_(accepted, or_(asks, offers)))).order_by(Introduction.id)
    )
    found: dict[int, Standing] = {}
    for case, asked, offered, brokers in session.execute(wanted):
        signed = brokers or (case.need_nda_at is not None and case.supply_nda_at is not None)
        for post_id, reads in ((case.supply_id, asked or brokers), (case.need_id, offered or brokers)):
            if reads and not (post_id in found and found[post_id].annex):
                found[post_id] = Standing(case.id, bool(signed))
    return found


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _context: Any) -> None:
    session.info.pop(_KEPT, None)


@event.listens_for(Session, "after_transaction_end")
def _ended(session: Session, _transaction: Any) -> None:
    session.info.pop(_KEPT, None)
