"""Papers: those of a case, generated or uploaded, every version kept; and the templates that they are made from."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Id, Moment, Strings, now
from models.user import User
from models.vocabulary import AUDIENCES, DOCUMENT_KINDS


class DocumentTemplate(Base):
    """A docx that the office uploaded in place of the one shipped; with none active the shipped one holds."""

    __tablename__ = "document_template"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(DOCUMENT_KINDS)}", name="kind"),
        UniqueConstraint("kind", "number"),
        Index("ix_document_template_active", "kind", unique=True, sqlite_where=text("active"),
              postgresql_where=text("active")),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32), comment="code of DOCUMENT_KINDS")
    number: Mapped[int] = mapped_column(comment="1, 2, 3 … within the kind")
    name: Mapped[str] = mapped_column(String(120), comment="the file's name, as it was uploaded")
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(comment="bytes")
    placeholders: Mapped[Strings] = mapped_column(default=list, comment="the names it uses")
    active: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Moment] = mapped_column(default=now)

    maker: Mapped[User | None] = relationship()


class Document(Base):
    """One version of one paper of a case. Nothing is overwritten: a changed paper is the next version."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint(f"kind IN {tuple(DOCUMENT_KINDS)}", name="kind"),
        CheckConstraint(f"audience IN {tuple(AUDIENCES)}", name="audience"),
        UniqueConstraint("introduction_id", "kind", "title", "number"),
    )

    id: Mapped[Id]
    introduction_id: Mapped[int] = mapped_column(ForeignKey("introduction.id"), comment="the case")
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contract.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32), comment="code of DOCUMENT_KINDS")
    title: Mapped[str] = mapped_column(String(120), comment="what its versions have in common")
    number: Mapped[int] = mapped_column(comment="version: 1, 2, 3 …")
    name: Mapped[str] = mapped_column(String(150), comment="the name it is downloaded under")
    audience: Mapped[str] = mapped_column(String(16), comment="code of AUDIENCES")
    sha256: Mapped[str] = mapped_column(String(64), index=True, comment="of the content, which lies under this name")
    size: Mapped[int] = mapped_column(comment="bytes")
    media: Mapped[str] = mapped_column(String(100), comment="media type, found from the content")
    template: Mapped[str | None] = mapped_column(String(64), comment="SHA-256 of the template; none: uploaded")
    note: Mapped[str] = mapped_column(default="")
    made_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[Moment] = mapped_column(default=now)

    maker: Mapped[User | None] = relationship()
