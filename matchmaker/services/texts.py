"""Which words of a post are indexed, and which ask the question when the post looks for partners."""

from __future__ import annotations

from embeddings.chunks import split_sentences
from embeddings.passage import Passage
from models import Achievement, Expert, Facility, Need, Post


def public_passage(post: Post) -> Passage:
    """The public words of a post. A staged post gives its brief alone; organisations and contacts are never indexed."""
    body = full_text(post) if post.disclosure == "open" else post.brief
    return Passage(post.title, tuple(post.keywords), body)


def full_text(post: Post) -> str:
    """Everything the post says of itself, title apart and confidential annex never."""
    return "\n".join(part for part in _parts(post) if part)


def query_text(post: Post) -> str:
    """What a post asks with when it looks for partners: title, keywords and full text."""
    return Passage(post.title, tuple(post.keywords), full_text(post)).whole()


def _parts(post: Post) -> list[str]:
    elements = "；".join("、".join(phrases) for phrases in post.elements.values() if phrases)
    match post:
        case Need():
            return [post.brief, post.main_problem, post.key_technique, post.expected_goal, elements]
        case Achievement():
            return [post.brief, post.description, post.cases or "", elements]
        case Expert():
            projects = " ".join(str(row.get("name") or "") for row in post.projects)
            return [" ".join(post.research_fields), post.brief, projects]
        case Facility():
            return [post.brief, post.capacity or "", post.services]
    return [post.brief]


def sentences(text: str, longest: int = 200) -> list[str]:
    """The sentences of a text, in order, none longer than `longest` characters, none empty."""
    return [piece[at : at + longest] for piece in split_sentences(text) for at in range(0, len(piece), longest)]
