"""What a page prints is said in its reader's language: every sentence of the product, wherever a template prints it.

What stays Chinese on a page in another language (the words of users, official lists) is marked as Chinese, so that a
screen reader pronounces it. What people typed goes back into their forms as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import Any

from flask import Flask, Response
from jinja2 import pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup

from matchmaker import speech
from matchmaker.speech import CHINESE
from matchmaker.views.languages import language

LONGEST = 1000
"""No sentence of the product has more characters."""
CHOICE = re.compile(r"(<option[^>]*>|<optgroup label=\")([^<\"]+)")
TYPED = re.compile(r"((?:\bvalue|\bdata-[\w-]+)=\"|<textarea[^>]*>)\{\{(.+?)\}\}")
WORDS = re.compile(r"\{\{\s*((?:[\w.]+\.)?"
                   r"(?:post|need|supply|expert|candidate|meeting|story|message|task|piece|other|asked)\.(?:title|text)|"
                   r"[\w.]+\.(?:brief|need_sentence|candidate_sentence|term)|word)"
                   r"(\s*\|\s*truncate\([^)]*\))?\s*\}\}")
NAMES = (r"(?:[\w.]+\.)?(?:organisation|institute|organiser|viewer|user|person|who|contact|broker|actor|author|maker|"
         r"doer|reviewer|seller|buyer|twin|file|upload|saved|past|expert)\.name|"
         r"[\w.]+\.(?:project_name|next_step|note|place|address|department|job_title|email)")
"""Where templates find what people are called, and short words of theirs."""
NAMED = re.compile(rf"\{{\{{\s*({NAMES})(\s*\|\s*truncate\([^)]*\))?(\s+if\s[^{{}}]+)?\s*\}}\}}")
FILLED = re.compile(rf"=\s*({NAMES})(?=\s*[,)])")
TEXT = re.compile(r"<(?!title|script|style|html)([a-z][a-z0-9]*)((?:\s[^<>]*)?)>([^<]*[\u4e00-\u9fff][^<]*)")


def init(app: Flask) -> None:
    app.jinja_env.add_extension(Typed)
    app.jinja_env.finalize = _printed
    words: dict[str, Any] = app.jinja_env.globals
    words.update({name: _with_words(words[name]) for name in ("gettext", "ngettext")})
    app.jinja_env.filters.update(kept=kept, said_all=said_all)
    app.after_request(_marked)


class Typed(Extension):
    """Keeps what people wrote as it is: in forms, for scripts, and their titles, texts, names and words on pages.

    So an organisation called 企业 stays 企业 on an English page, though the catalogue knows that word.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = WORDS.sub(r"{{ (\1\2) | kept }}", TYPED.sub(r"\1{{ (\2) | kept }}", source))
        return NAMED.sub(r"{{ (\1\2) | kept\3 }}", FILLED.sub(r"=(\1 | kept)", source))


def kept(value: object) -> Markup:
    """As it is, in every language."""
    return Markup("") if value is None else Markup.escape(value)


def said_all(value: Any) -> Any:
    """What a script is given, with every sentence in it said in the reader's language."""
    if isinstance(value, str):
        return speech.say(value, language())
    if isinstance(value, Mapping):
        return {key: said_all(one) for key, one in value.items()}
    return [said_all(one) for one in value] if isinstance(value, list | tuple) else value


def _with_words(say: Callable[..., str]) -> Callable[..., str]:
    """The verb of templates by which they speak; what is filled into a sentence is said in its language too."""
    @pass_context
    def spoken(context: Context, *given: Any, **filled: Any) -> str:
        return say(context, *given, **{name: _printed(context, value) for name, value in filled.items()})
    return spoken


@pass_context
def _printed(_context: Context, value: Any) -> Any:
    if not isinstance(value, str) or language() == speech.DEFAULT:
        return value
    if not isinstance(value, Markup):
        return speech.say(value, language()) if len(value) <= LONGEST else value
    return Markup(CHOICE.sub(_choice, value)) if "<opt" in value else value  # noqa: S704 - escaped again


def _choice(found: re.Match[str]) -> str:
    return found[1] + escape(speech.say(unescape(found[2]), language()))


def _marked(response: Response) -> Response:
    if response.mimetype == "text/html" and not response.is_streamed and language() != speech.DEFAULT:
        response.set_data(TEXT.sub(_in_chinese, response.get_data(as_text=True)))
    return response


def _in_chinese(found: re.Match[str]) -> str:
    """The element whose text is mostly Chinese says so."""
    name, attributes, text = found.groups()
    letters = sum(one.isalpha() for one in text)
    if " lang=" in attributes or 2 * len(CHINESE.findall(text)) <= letters:
        return found[0]
    return f'<{name}{attributes} lang="zh-CN">{text}'
