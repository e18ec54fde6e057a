"""The application: config → database → sign-in → errors → pages → commands, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from matchmaker import auth, cli, db, errors, views
from matchmaker.config import Config, load
from matchmaker.engine_client import EngineClient
from matchmaker.services.ports import Finder

__all__ = ["create_app"]
LONGEST_FORM = 16 << 20
"""Bytes of typed text in one form; more than any field takes, so that the field itself can say what is too long."""


def create_app(config: Config | None = None, finder: Finder | None = None) -> Flask:
    """Build the application from its settings (by default those of the environment).

    `finder` finds near posts; by default the engine behind its socket, so that this process loads no model.
    Raises BadSetting for a setting that cannot be used.
    """
    settings = config or load()
    settings.instance.mkdir(parents=True, exist_ok=True)
    app = Flask(__name__)
    app.config.update(_flask_settings(settings), SETTINGS=settings)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["finder"] = finder or EngineClient.of(settings)
    if trusted := settings.count("PROXIES"):
        app.wsgi_app = ProxyFix(app.wsgi_app, trusted, trusted, trusted)  # type: ignore[method-assign]
    db.init(app, settings.database_url)
    auth.init(app)
    errors.init(app)
    views.register(app)
    cli.init(app)
    return app


def _flask_settings(settings: Config) -> dict[str, object]:
    hosts = [name.strip() for name in settings.text("TRUSTED_HOSTS").split(",") if name.strip()]
    return {
        "SECRET_KEY": settings.secret(),
        "MAX_CONTENT_LENGTH": settings.count("UPLOAD_LIMIT_MB") << 20,
        "MAX_FORM_MEMORY_SIZE": LONGEST_FORM,
        "TRUSTED_HOSTS": hosts or None,
        "SESSION_COOKIE_SECURE": settings.flag("SECURE_COOKIES"),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=settings.count("SESSION_DAYS")),
    }
