"""From a stranger to somebody with an account: links sent by mail, and the pages that they open."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker import auth, db
from matchmaker.forms.accounts import EmailForm, NewPasswordForm, RegisterForm
from matchmaker.services import accounts, organisations, registering, throttle
from matchmaker.services.problems import NotFound, Problem, TooMany
from models import MailLink, User

pages = Blueprint("registration", __name__)
ASKS = {"register": registering.ask_to_register, "reset": registering.ask_to_reset}


@pages.get("/register")
def ask() -> ResponseReturnValue:
    return render_template("auth/register.html", form=EmailForm())


@pages.post("/register")
def ask_post() -> ResponseReturnValue:
    return _mail("register", "auth/register.html")


@pages.get("/reset")
def forgot() -> ResponseReturnValue:
    return render_template("auth/forgot.html", form=EmailForm())


@pages.post("/reset")
def forgot_post() -> ResponseReturnValue:
    return _mail("reset", "auth/forgot.html")


@pages.get("/mail-sent")
def sent() -> ResponseReturnValue:
    return render_template("auth/sent.html")


@pages.get("/register/<token>")
def confirm(token: str) -> ResponseReturnValue:
    link = registering.find(db.session(), "register", token)
    return _secret(render_template("auth/confirm.html", form=RegisterForm(), email=link.email))


@pages.post("/register/<token>")
def confirm_post(token: str) -> ResponseReturnValue:
    link, form = _link("register", token), RegisterForm()
    try:
        if not form.validate():
            return render_template("auth/confirm.html", form=form, email=link.email), 400
        user = registering.register(db.session(), link, form.name.data, form.role.data, form.password.data)
    except Problem as problem:
        return render_template("auth/confirm.html", form=form, email=link.email, problem=str(problem)), 400
    return _welcome(user)


@pages.get("/reset/<token>")
def reset(token: str) -> ResponseReturnValue:
    link = registering.find(db.session(), "reset", token)
    return _secret(render_template("auth/reset.html", form=NewPasswordForm(), email=link.email))


@pages.post("/reset/<token>")
def reset_post(token: str) -> ResponseReturnValue:
    link, form = _link("reset", token), NewPasswordForm()
    try:
        if not form.validate():
            return render_template("auth/reset.html", form=form, email=link.email), 400
        registering.reset(db.session(), link, form.new.data)
    except Problem as problem:
        return render_template("auth/reset.html", form=form, email=link.email, problem=str(problem)), 400
    db.session().commit()
    auth.end()
    flash(_("密码已重设，所有设备均已退出，请用新密码登录。"))
    return redirect(url_for("auth.sign_in"))


@pages.get("/invite/<token>")
def invited(token: str) -> ResponseReturnValue:
    link = registering.find(db.session(), "invite", token)
    return _secret(render_template("auth/invite.html", form=RegisterForm(), link=link,
                                   known=registering.user_of(db.session(), link.email) is not None))


@pages.post("/invite/<token>")
def accept(token: str) -> ResponseReturnValue:
    """A member at once; who has no account yet gets one with the invitation."""
    link, viewer, form = _link("invite", token), auth.current(), RegisterForm()
    known = registering.user_of(db.session(), link.email) is not None
    try:
        if viewer is None and not known and not form.validate():
            return render_template("auth/invite.html", form=form, link=link, known=known), 400
        user = viewer or _newcomer(link, form)
        organisations.accept(db.session(), user, link)
    except Problem as problem:
        return render_template("auth/invite.html", form=form, link=link, known=known, problem=str(problem)), 400
    if viewer is None:
        return _welcome(user)
    db.session().commit()
    flash(_("您已加入该单位。"))
    return redirect(url_for("organisations.mine"))


def _newcomer(link: MailLink, form: RegisterForm) -> User:
    if registering.user_of(db.session(), link.email) is not None:
        raise Problem("此邮箱已有账号，请先登录，再打开邮件中的链接。")
    return registering.newcomer(db.session(), link.email, form.name.data, form.role.data, form.password.data)


def _mail(what: str, template: str) -> ResponseReturnValue:
    """Queue the mail that was asked for; whoever has the e-mail, the answer is the same."""
    form = EmailForm()
    if not form.validate():
        return render_template(template, form=form), 400
    try:
        throttle.spend(db.session(), auth.tries(f"{what}-", form.email.data))
        ASKS[what](db.session(), form.email.data)
    except TooMany as problem:
        return render_template(template, form=form, problem=str(problem)), 429
    except Problem as problem:
        return render_template(template, form=form, problem=str(problem)), 400
    db.session().commit()
    return redirect(url_for("registration.sent"))


def _link(purpose: str, token: str) -> MailLink:
    """The link behind a token; a wrong token counts as a guess. Raises NotFound, TooMany."""
    keys = auth.tries("link-")
    throttle.check(db.session(), keys)
    try:
        return registering.find(db.session(), purpose, token)
    except NotFound:
        throttle.spend(db.session(), keys)
        db.session().commit()
        raise


def _secret(page: str) -> ResponseReturnValue:
    """A page whose address opens something is kept by nobody."""
    return page, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _welcome(user: User) -> ResponseReturnValue:
    """A new account is signed in at once, and goes on to its organisation."""
    token = accounts.sign_in(db.session(), user, [], current_app.permanent_session_lifetime)
    db.session().commit()
    if token is not None:
        auth.begin(user, token)
    flash(_("注册完成，欢迎使用。"))
    return auth.remember_device(redirect(url_for("organisations.mine")), user.email)
