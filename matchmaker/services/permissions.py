"""Who may see and do what: the one place that is asked, by pages, searches, reasons, exports and the API alike.

`check_x` raises with a sentence for the person; `can_x` answers templates. A viewer of None is a stranger.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from matchmaker.services.problems import NotAllowed, NotFound
from models import Post, User
from models.vocabulary import STAFF, Role, State


def is_staff(viewer: User | None) -> bool:
    return viewer is not None and viewer.active and Role(viewer.role) in STAFF


def check_staff(viewer: User | None) -> None:
    if not is_staff(viewer):
        raise NotAllowed("此页面仅供中心工作人员使用。")


def owns(viewer: User | None, post: Post) -> bool:
    """The poster, or a colleague of the posting organisation."""
    if viewer is None or not viewer.active:
        return False
    same = viewer.organisation_id is not None and viewer.organisation_id == post.organisation_id
    return post.owner_id == viewer.id or (same and viewer.role == Role.ENTERPRISE)


def visible_posts(viewer: User | None) -> ColumnElement[bool]:
    """The condition under which `viewer` may know that a post exists."""
    published = Post.state == State.PUBLISHED
    if viewer is not None and is_staff(viewer):
        return or_(Post.state != State.DRAFT, Post.owner_id == viewer.id)
    if viewer is None or not viewer.active:
        return published
    mine = [Post.owner_id == viewer.id]
    if viewer.organisation_id is not None and viewer.role == Role.ENTERPRISE:
        mine.append(Post.organisation_id == viewer.organisation_id)
    return or_(published, *mine)


def can_see(viewer: User | None, post: Post) -> bool:
    """Whether `viewer` may know that the post exists; the same rule as `visible_posts`."""
    if post.state == State.PUBLISHED or owns(viewer, post):
        return True
    return is_staff(viewer) and post.state != State.DRAFT


def check_see(viewer: User | None, post: Post | None) -> Post:
    """The post itself; an absent one and a hidden one give the same answer."""
    if post is None or not can_see(viewer, post):
        raise NotFound("没有找到这条信息，它可能已被撤回或地址有误。")
    return post


def can_read_full(viewer: User | None, post: Post) -> bool:
    """Whether `viewer` may read beyond the public brief."""
    return post.disclosure == "open" or is_staff(viewer) or owns(viewer, post)


def can_read_annex(viewer: User | None, post: Post) -> bool:
    return is_staff(viewer) or owns(viewer, post)


def can_read_organisation(viewer: User | None, post: Post) -> bool:
    return not post.hide_organisation or is_staff(viewer) or owns(viewer, post)


def can_read_contact(viewer: User | None, post: Post, part: str) -> bool:
    """`part` is name, phone or email."""
    return part in post.contact_public or is_staff(viewer) or owns(viewer, post)


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
