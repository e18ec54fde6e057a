"""What can go wrong in a way a person can mend, and how each reads over HTTP.

    Problem                 400  the message says what to mend
    ├── NotAllowed          403
    ├── NotFound            404
    ├── Conflict            409  someone else was faster
    ├── TooLarge            413
    └── TooMany             429  try again later
"""

from __future__ import annotations

import errno

from flask import Flask, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from matchmaker import speech
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem, TooLarge, TooMany

STATUS: dict[type[Problem], int] = {
    Problem: 400, NotAllowed: 403, NotFound: 404, Conflict: 409, TooLarge: 413, TooMany: 429,
}
SENTENCES = {
    400: "提交的内容无法处理，请检查后重试。",
    403: "您没有权限进行此操作。如需开通，请联系中心工作人员。",
    404: "没有找到这个页面，它可能已被撤回或地址有误。",
    405: "这个地址不支持此操作，请从页面上的按钮进入。",
    409: "内容已被他人修改，请刷新页面后重试。",
    413: "上传的文件太大，请拆分或压缩后重新上传。",
    429: "操作过于频繁，请稍后再试。",
    500: "服务出现故障，已记录。请稍后重试；若持续出现，请联系管理员。",
    503: "数据库暂时不可用，您的内容尚未保存。请稍后重试。",
    507: "服务器磁盘空间不足，操作没有完成，没有保存任何内容。请联系管理员清理磁盘后重试。",
}
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What a system says that takes no more bytes: of a disk, of one user, in one file."""
DATABASE_FULL = ("database or disk is full", "No space left on device")
"""What SQLite and PostgreSQL say then."""
PIECE, MOST_READ = 1 << 20, 1 << 30
"""Bytes of a refused upload that are read away at once, and in all."""


def init(app: Flask) -> None:
    """Answer every error with a page, or with JSON where JSON was asked for; never with a stack trace."""
    app.register_error_handler(Problem, lambda error: _answer(_status(error), str(error)))
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(StaleDataError, lambda error: _answer(409, ""))
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def _status(error: Problem) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _refused(error: HTTPException) -> ResponseReturnValue:
    """With the headers that belong to it: which methods an address takes, when to try again."""
    response = make_response(_answer(error.code or 500, ""))
    response.headers.extend([pair for pair in error.get_headers() if pair[0] in ("Allow", "Retry-After")])
    return response


def _too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    _read_away()
    return _answer(413, "")


def _read_away() -> None:
    """Read the rest of an upload: a browser that is still sending never reads an answer."""
    coming = request.environ["wsgi.input"]
    for _ in range(MOST_READ // PIECE):
        if not coming.read(PIECE):
            break


def _database(error: DBAPIError) -> ResponseReturnValue:
    if any(words in str(error.orig) for words in DATABASE_FULL):
        return _full(error)
    current_app.logger.error("database error: %s", error.orig)
    _mend_session()
    unavailable = isinstance(error, OperationalError) or error.connection_invalidated
    return _answer(503 if unavailable else 500, "")


def _unexpected(error: Exception) -> ResponseReturnValue:
    if _is_full(error):
        return _full(error)
    current_app.logger.exception("unexpected error", exc_info=error)
    _mend_session()
    return _answer(500, "")


def _full(error: Exception) -> ResponseReturnValue:
    current_app.logger.error("storage full: %s", error)
    _mend_session()
    _read_away()
    return _answer(507, "")


def _is_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind an error; libraries raise their own upon it."""
    return error is not None and (
        (isinstance(error, OSError) and error.errno in FULL) or _is_full(error.__context__))


def _answer(status: int, sentence: str) -> ResponseReturnValue:
    said = sentence or SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    if best == "application/json" or request.path.startswith("/api/"):
        return {"error": speech.say(said, str(get_locale() or speech.DEFAULT))}, status
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    try:
        return render_template(template, status=status, sentence=said, back=_came_from()), status
    except DBAPIError as error:
        g.away = True
        g.pop("_login_user", None)  # read anew, and without a database not at all
        return _database(error)


def _came_from() -> str:
    """The page of ours that led here, or ""."""
    came = request.referrer or ""
    return came if came.startswith(request.host_url) and came != request.url else ""


def _mend_session() -> None:
    """After a write that failed half-way the session refuses everything, even to say on a page what happened."""
    if "session" in g and not g.session.is_active:
        g.session.rollback()
