"""What a new installation begins with: an account for each role under one random password, and data to look at."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from matchmaker.config import Config
from matchmaker.services import demo as demonstration
from matchmaker.services.accounts import hash_password
from models import Post, User, make_sessions
from models.vocabulary import Role

NAMES = {
    Role.ENTERPRISE: "示例企业用户", Role.RESEARCHER: "示例科研人员", Role.BROKER: "示例技术经理人",
    Role.HEAD: "示例中心负责人", Role.ADMIN: "示例管理员",
}


def prepare(settings: Config) -> bool:
    """Fill an empty database, in one transaction; True when this was the first run."""
    sessions = make_sessions(settings.database_url)
    try:
        with sessions.write() as session:
            if session.scalar(select(exists(select(User.id)))) or session.scalar(select(exists(select(Post.id)))):
                return False
            print("» 首次运行：载入演示数据", flush=True)
            _add_accounts(session, password(settings))
            demonstration.load(session)
            session.commit()
            return True
    finally:
        sessions.dispose()


def accounts(settings: Config) -> list[str]:
    """The demonstration accounts as lines to print; none when the installation has no such password."""
    path = _password_file(settings)
    if not path.exists():
        return []
    addresses = [f"{role.label}  {_address(role)}" for role in NAMES]
    return [*addresses, f"演示账号密码（均相同）：{path.read_text('utf-8')}  （保存在 {path}）"]


def password(settings: Config) -> str:
    """This installation's one password for demonstration accounts, made when first asked for."""
    path = _password_file(settings)
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(12))
    return path.read_text("utf-8")


def _add_accounts(session: Session, secret: str) -> None:
    hashed = hash_password(secret)
    session.add_all(User(email=_address(role), name=name, role=role.value, password_hash=hashed)
                    for role, name in NAMES.items())
    session.flush()


def _address(role: Role) -> str:
    return f"{role.value}@example.com"


def _password_file(settings: Config) -> Path:
    return settings.instance / "demo_password.txt"
