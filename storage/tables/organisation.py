"""Branches, people with their ways to sign in, and the service grids that preset managers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, Text
from sqlmodel import Field, SQLModel

from storage.tables.declaring import instant, partial_index, table_of

DEFAULT = "is_default"


class BranchRow(SQLModel, table=True):
    """One 分公司. `code` is the two letters in its ticket numbers.

    `targets` is JSON: definition -> stage -> working days that the branch has set itself (T3d). It
    stands here because every change of a ticket reads its branch.
    """

    __tablename__ = "branches"

    id: str = Field(primary_key=True)
    code: str = Field(unique=True)
    name: str
    phone: str
    targets: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "{}"})


class UserRow(SQLModel, table=True):
    """A person of the company; `wecom_id` and `email` are empty where the person has none."""

    __tablename__ = "users"

    id: str = Field(primary_key=True)
    name: str
    phone: str
    wecom_id: str
    email: str
    roles: list[str] = Field(sa_type=JSON, nullable=False)
    branch: str | None
    active: bool
    password_hash: str | None
    created_at: datetime = instant()


class SignInLinkRow(SQLModel, table=True):
    """A one-time link, known by the hash of its token."""

    __tablename__ = "sign_in_links"

    token_hash: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id")
    created_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class SessionRow(SQLModel, table=True):
    """A signed-in browser, known by the hash of its token."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    token_hash: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="users.id")
    csrf_token: str
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class ApiTokenRow(SQLModel, table=True):
    """A token by which another program acts as a user, known by its hash."""

    __tablename__ = "api_tokens"

    id: int = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    name: str
    user_id: str = Field(foreign_key="users.id")
    scopes: list[str] = Field(sa_type=JSON, nullable=False)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    last_used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class ServiceGridRow(SQLModel, table=True):
    """A service grid with its manager pair; each branch may have one default grid."""

    __tablename__ = "service_grids"
    __table_args__ = (
        partial_index(
            "uq_service_grids_default",
            "branch",
            unique=True,
            where=DEFAULT,
        ),
    )

    id: str = Field(primary_key=True)
    branch: str
    name: str
    project_manager: str
    account_manager: str
    is_default: bool


class ServiceGridNodeRow(SQLModel, table=True):
    """A node of the topology that belongs, with everything below it, to a service grid."""

    __tablename__ = "service_grid_nodes"

    node_id: str = Field(primary_key=True)
    grid_id: str = Field(foreign_key="service_grids.id")


BRANCHES = table_of(BranchRow)
USERS = table_of(UserRow)
SIGN_IN_LINKS = table_of(SignInLinkRow)
SESSIONS = table_of(SessionRow)
API_TOKENS = table_of(ApiTokenRow)
SERVICE_GRIDS = table_of(ServiceGridRow)
SERVICE_GRID_NODES = table_of(ServiceGridNodeRow)
