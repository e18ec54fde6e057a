"""Every setting of the service: one table of (name, default, help). A bad value stops the start, naming itself."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Setting(NamedTuple):
    name: str
    default: str | int | float | bool
    help: str


SETTINGS = (
    Setting("HOST", "127.0.0.1", "Address that the web server listens on."),
    Setting("PORT", 8000, "Port that the web server listens on."),
    Setting("INSTANCE", "instance", "Folder of everything a run creates; relative to the project."),
    Setting("DATABASE_URL", "", "Database; empty means SQLite in the instance folder. PostgreSQL: postgresql://…"),
    Setting("SITE_NAME", "供需对接服务平台", "Name of the service on every page."),
    Setting("PUBLIC_URL", "", "Address under which users reach the service; used in mails."),
    Setting("TRUSTED_HOSTS", "", "Host names that requests may name, separated by commas; empty means any."),
    Setting("PROXIES", 0, "Reverse proxies in front whose X-Forwarded headers are believed; 0 means none."),
    Setting("SECURE_COOKIES", False, "Send cookies over HTTPS only; set it wherever HTTPS is in front."),
    Setting("SESSION_DAYS", 14, "Days after which a signed-in browser has to sign in again."),
    Setting("WEB_WORKERS", 2, "Web processes."),
    Setting("WEB_THREADS", 4, "Threads of each web process."),
    Setting("WORKERS", 1, "Worker processes that run the jobs."),
    Setting("UPLOAD_LIMIT_MB", 20, "Largest upload, in megabytes."),
    Setting("ENCODER_MODEL", "", "Folder or hub name of a sentence-transformers model; empty means the built-in one."),
    Setting("ENCODER_QUERY_PROMPT", "", "Text put before every need that is encoded."),
    Setting("ENCODER_PASSAGE_PROMPT", "", "Text put before every supply that is encoded."),
    Setting("ENCODER_MAX_LENGTH", 0, "Longest input of the encoder in tokens; 0 means what the model says."),
    Setting("RERANKING", True, "Read the first candidates of a list together with the need; built-in encoder only."),
    Setting("ENGINE_SOCKET", "", "Unix socket of the engine; empty means engine.sock in the instance folder."),
    Setting("ENGINE_TIMEOUT", 2.0, "Seconds that a page waits for the engine before it falls back to keywords."),
    Setting("BREAKER_FAILURES", 3, "Failures in a row after which the engine is left alone for a while."),
    Setting("BREAKER_SECONDS", 2.0, "Seconds for which the engine is then left alone."),
    Setting("SMTP_URL", "", "Mail server, e.g. smtp://user:password@host:587; empty means a folder of files."),
    Setting("MAIL_FROM", "noreply@example.com", "Sender of mails."),
    Setting("EXPIRY_NOTICE_DAYS", 30, "Days before a post's end at which its owner is asked whether it still holds."),
    Setting("RENEWAL_DAYS", 365, "Days by which a confirmation extends a post; experts are asked so often."),
    Setting("ABANDONED_DAYS", 90, "Days after its end at which an unconfirmed need, achievement or facility freezes."),
    Setting("EXPERT_FREEZE_DAYS", 730, "Days after which an unconfirmed expert freezes."),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
)


class BadSetting(ValueError):
    """A setting cannot be used; the message names it and says what it may be."""


@dataclass(frozen=True)
class Config:
    """The settings of one process."""

    values: Mapping[str, str | int | float | bool]

    def __getitem__(self, name: str) -> str | int | float | bool:
        return self.values[name]

    def text(self, name: str) -> str:
        return str(self.values[name])

    def number(self, name: str) -> float:
        return float(self.values[name])

    def count(self, name: str) -> int:
        return int(self.values[name])

    def flag(self, name: str) -> bool:
        return bool(self.values[name])

    @property
    def instance(self) -> Path:
        return (ROOT / self.text("INSTANCE")).resolve()

    @property
    def database_url(self) -> str:
        return self.text("DATABASE_URL") or f"sqlite:///{self.instance / 'matchmaker.db'}"

    @property
    def public_url(self) -> str:
        """Where users reach the service, without a slash at the end: what links in mails begin with."""
        return self.text("PUBLIC_URL").rstrip("/") or f"http://{self.text('HOST')}:{self.count('PORT')}"

    @property
    def engine_socket(self) -> Path:
        return Path(self.text("ENGINE_SOCKET") or self.instance / "engine.sock")

    def secret(self) -> str:
        """The installation's key, which signs cookies and links; of several processes that start at once, one makes
        it and all read it."""
        path = self.instance / "secret_key"
        if not path.exists():
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48), "utf-8")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text("utf-8")


def load(environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings from the environment.

    Raises BadSetting for a value that is not of its setting's type.
    """
    return Config({setting.name: _parse(setting, environ.get(setting.name)) for setting in SETTINGS})


def _parse(setting: Setting, given: str | None) -> str | int | float | bool:
    if given is None or (given == "" and not isinstance(setting.default, str)):
        return setting.default
    if isinstance(setting.default, bool):
        return _flag(setting.name, given)
    if isinstance(setting.default, int | float):
        return _number(setting, given)
    return given


def _flag(name: str, given: str) -> bool:
    flags = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if given.lower() not in flags:
        raise BadSetting(f"{name}={given!r}: 请填写 1 或 0")
    return flags[given.lower()]


def _number(setting: Setting, given: str) -> int | float:
    try:
        number = type(setting.default)(given)
    except ValueError:
        raise BadSetting(f"{setting.name}={given!r}: 请填写数字，例如 {setting.default}") from None
    if isinstance(number, str) or number < 0:
        raise BadSetting(f"{setting.name}={given!r}: 不能为负数")
    return number
