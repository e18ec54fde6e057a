"""Signing in and out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from matchmaker import auth, db
from matchmaker.forms import PasswordForm, SignInForm
from matchmaker.services import accounts
from matchmaker.services.problems import Problem, TooMany
from matchmaker.views import languages

pages = Blueprint("auth", __name__)


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if auth.current():
        return redirect(_onward(request.args.get("next")))
    return render_template("auth/sign_in.html", form=SignInForm(next=request.args.get("next", "")))


@pages.post("/sign-in")
def sign_in_post() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return render_template("auth/sign_in.html", form=form), 400
    try:
        user = auth.verify(form.email.data, form.password.data)
        keys = auth.buckets(form.email.data)
        token = accounts.sign_in(db.session(), user, keys, current_app.permanent_session_lifetime)
    except TooMany as problem:
        return render_template("auth/sign_in.html", form=form, problem=str(problem)), 429
    db.session().commit()
    if user is None or token is None:
        return render_template("auth/sign_in.html", form=form, problem=accounts.WRONG), 400
    auth.begin(user, token)
    return languages.remind(auth.remember_device(redirect(_onward(form.next.data)), form.email.data), user)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    if token := auth.end():
        accounts.sign_out(db.session(), token)
        db.session().commit()
    return redirect(url_for("home.home"))


@pages.get("/account")
@auth.signed_in
def account() -> ResponseReturnValue:
    return render_template("auth/account.html", form=PasswordForm())


@pages.post("/account/password")
@auth.signed_in
def change_password() -> ResponseReturnValue:
    form, viewer = PasswordForm(), auth.current()
    if viewer is None or not form.validate():
        return render_template("auth/account.html", form=form), 400
    try:
        accounts.change_password(db.session(), viewer, form.old.data, form.new.data)
    except Problem as problem:
        return render_template("auth/account.html", form=form, problem=str(problem)), 400
    db.session().commit()
    auth.end()
    flash("密码已更改，所有设备均已退出，请用新密码重新登录。")
    return redirect(url_for("auth.sign_in"))


def _onward(target: str | None) -> str:
    return auth.local_path(target) or url_for("home.home")
