"""What a page tells search engines and those it is shared with: nothing but what everyone may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from flask import current_app, request, url_for

from matchmaker.services import public
from matchmaker.services.halls import Hall, Question
from matchmaker.views import words
from models import Organisation, Post
from models.vocabulary import Kind, State

Json = dict[str, Any]
ABOUT = {
    Kind.NEED: "企业发布的技术难题与合作需求，写明指标、预算和期限。",
    Kind.ACHIEVEMENT: "高校院所可转化的科技成果，写明成熟度、指标和转化方式。",
    Kind.EXPERT: "可为企业诊断、咨询、合作研发的专家。",
    Kind.FACILITY: "对外开放的实验室、仪器设备与中试平台。",
}
TYPES = {Kind.NEED: "Demand", Kind.ACHIEVEMENT: "CreativeWork", Kind.EXPERT: "Person", Kind.FACILITY: "Service"}


@dataclass(frozen=True)
class Meta:
    """The head of a page: its description, its permanent address, whether it may be indexed, and its data."""

    description: str
    canonical: str
    index: bool = True
    kind: str = "website"
    feed: str = ""
    data: tuple[Json, ...] = ()


def absolute(path: str) -> str:
    """The whole address of a path, as users reach the service."""
    return urljoin(current_app.config["SETTINGS"].text("PUBLIC_URL") or request.url_root, path)


def site() -> str:
    name: str = current_app.config["SETTINGS"].text("SITE_NAME")
    return name


def of_home() -> Meta:
    description = "汇集企业技术需求、高校院所科技成果、专家与开放实验室，写下技术难题即可看到可能的答案和理由。"
    find = {"@type": "SearchAction", "target": absolute(url_for("search.search")) + "?q={search_term_string}",
            "query-input": "required name=search_term_string"}
    data = {"@context": "https://schema.org", "@type": "WebSite", "name": site(), "url": absolute("/"),
            "inLanguage": "zh-CN", "description": description, "potentialAction": find}
    return Meta(description, absolute("/"), data=(data,))


def of_hall(question: Question, hall: Hall) -> Meta:
    """A hall, its filters in its address; lists of finds, and what is not published, are not for search engines."""
    query = question.as_query()
    canonical = absolute(url_for("posts.listing", kind=question.kind, **query))
    indexed = not question.text and not question.filters.state
    rows = [{"@type": "ListItem", "position": at, "url": _address(post), "name": post.title}
            for at, post in enumerate(hall.posts, 1) if post.state == State.PUBLISHED]
    data = {"@context": "https://schema.org", "@type": "CollectionPage", "name": question.kind.label, "url": canonical,
            "mainEntity": {"@type": "ItemList", "numberOfItems": hall.tally.total, "itemListElement": rows}}
    feed = "" if question.filters.state else url_for("feeds.hall", kind=question.kind, form="atom", **query)
    after: Json = {"after": question.after} if question.after else {}
    here = absolute(url_for("posts.listing", kind=question.kind, **query, **after))
    return Meta(ABOUT[question.kind], here, indexed and not after, feed=feed, data=(data,) if indexed else ())


def of_post(post: Post) -> Meta:
    """One post. Of one that is not published nothing is said."""
    if post.state != State.PUBLISHED:
        return Meta("", _address(post), index=False)
    kind = Kind(post.kind)
    trail = [(site(), absolute("/")), (kind.label, absolute(url_for("posts.listing", kind=kind))),
             (post.title, _address(post))]
    crumbs = {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": [
        {"@type": "ListItem", "position": at, "name": name, "item": to} for at, (name, to) in enumerate(trail, 1)]}
    return Meta(public.summary(post), _address(post), kind="article", data=(_described(post, kind), crumbs))


def of_organisation(organisation: Organisation, shelves: dict[Kind, Hall]) -> Meta:
    said = "，".join(f"{kind.label} {hall.tally.total} 项" for kind, hall in shelves.items())
    here = absolute(url_for("halls.organisation", organisation_id=organisation.id))
    data = {"@context": "https://schema.org", "@type": "Organization", "name": organisation.name, "url": here}
    return Meta(f"{organisation.name}公开发布的{said}。", here, data=(data,))


def _described(post: Post, kind: Kind) -> Json:
    """The post in the words of schema.org, from the facts that a stranger may read."""
    facts = public.facts(None, post)
    data: Json = {"@context": "https://schema.org", "@type": TYPES[kind], "name": post.title, "url": _address(post),
                  "description": public.summary(post)}
    by = {"@type": "Organization", "name": facts["organisation"]["name"]} if "organisation" in facts else None
    if kind == Kind.EXPERT:
        more: Json = {"jobTitle": facts.get("job_title"), "worksFor": by, "knowsAbout": facts.get("research_fields")}
    elif kind == Kind.FACILITY:
        more = {"provider": by, "areaServed": facts.get("region_label"),
                "serviceType": facts.get("facility_kind_label")}
    elif kind == Kind.ACHIEVEMENT:
        more = {"keywords": facts.get("keywords"), "publisher": by, "genre": facts.get("field_label"),
                "dateModified": words.day(post.updated_at), "datePublished": words.day(post.published_at)}
    else:
        more = {"seller": by, "areaServed": facts.get("region_label"), "validThrough": facts.get("valid_until"),
                "availabilityStarts": words.day(post.published_at)}
    return data | {name: value for name, value in more.items() if value}


def _address(post: Post) -> str:
    return absolute(url_for("posts.show", post_id=post.id))
