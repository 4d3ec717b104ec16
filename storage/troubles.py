"""What is wrong when a database cannot be used, in words that its administrator can act on.

Drivers say it by codes: SQLite by the name of its result code, PostgreSQL by SQLSTATE, and by none
at all when there is no connection. What is not listed here is a fault of this program and stays
one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_WRITABLE = "database_not_writable"
LOST = "database_connection_lost"
AWAY = "database_away"
ADDRESS = "HUODIAN_DATABASE_URL"

_SQLITE: Mapping[str, tuple[str, str, str]] = {
    "SQLITE_BUSY": (
        "database_busy",
        "数据库文件 {place} 正被占用，等待后仍不能使用",
        "请稍后重试；若一直如此，请检查是否有备份、查询工具或其他程序长时间占用该文件",
    ),
    "SQLITE_CANTOPEN": (
        "database_not_opened",
        "无法打开数据库文件 {place}",
        f"请确认文件所在目录存在、运行本程序的用户有读写权限，并核对 {ADDRESS}",
    ),
    "SQLITE_READONLY": (
        NOT_WRITABLE,
        "数据库文件 {place} 不可写",
        "请确认运行本程序的用户对该文件及其所在目录有写权限，所在磁盘不是只读",
    ),
    "SQLITE_NOTADB": (
        "not_a_database",
        "{place} 不是数据库文件",
        f"请核对 {ADDRESS}；若该文件原是数据库，请停止所有程序后从备份恢复",
    ),
    "SQLITE_CORRUPT": (
        "database_damaged",
        "数据库文件 {place} 已损坏",
        "请停止所有程序，保留该文件，再从最近的备份恢复",
    ),
    "SQLITE_FULL": (
        "database_full",
        "磁盘空间已满，数据库文件 {place} 无法写入",
        "请清理磁盘空间后重试",
    ),
    "SQLITE_IOERR": (
        "database_io",
        "读写数据库文件 {place} 失败",
        "请检查磁盘是否正常、文件是否仍在原处，然后重试",
    ),
}
_SQLITE_ALIKE = {"SQLITE_LOCKED": "SQLITE_BUSY", "SQLITE_PERM": "SQLITE_READONLY"}

_NO_CONNECTION = (
    AWAY,
    "无法连接数据库服务器 {place}",
    f"请确认数据库服务已启动、网络可达，并核对 {ADDRESS}",
)
_NO_ENTRY = (
    "database_refused",
    "数据库服务器 {place} 拒绝登录",
    f"请核对 {ADDRESS} 中的用户名和口令，以及服务器是否允许本机连接",
)
_NO_DATABASE = (
    "database_missing",
    "服务器上没有数据库 {place}",
    f"请先建立数据库，或核对 {ADDRESS} 中的库名",
)
_BUSY = (
    "database_busy",
    "数据库 {place} 繁忙，没有完成操作",
    "请稍后重试；若一直如此，请检查是否有长时间未结束的事务",
)
_POSTGRESQL: Mapping[str, tuple[str, str, str]] = {
    "08": (LOST, "与数据库服务器 {place} 的连接中断", "请确认数据库服务正常，核对后重试"),
    "57P": (LOST, "数据库服务器 {place} 正在停止或启动", "请等待数据库服务恢复，核对后重试"),
    "28": _NO_ENTRY,
    "3D000": _NO_DATABASE,
    "25P03": (
        "database_stalled",
        "操作中途停顿过久，数据库服务器 {place} 已将其撤销，未写入任何内容",
        "请重新操作；若一直如此，请检查本机是否卡顿或曾被挂起，或调大 HUODIAN_STALLED_SECONDS",
    ),
    "25006": (
        NOT_WRITABLE,
        "数据库 {place} 是只读的",
        f"请核对 {ADDRESS} 是否指向了备用服务器",
    ),
    "42501": (
        "database_no_rights",
        "数据库用户对 {place} 没有所需的权限",
        "请把数据库的属主设为该用户，或授予建表和读写权限",
    ),
    "53300": ("database_busy", "数据库服务器 {place} 的连接数已满", "请稍后重试，或调大连接数上限"),
    "53": ("database_full", "数据库服务器 {place} 的磁盘或内存不足", "请清理空间后重试"),
    "58": ("database_io", "数据库服务器 {place} 读写磁盘失败", "请检查服务器的磁盘和日志"),
    "XX00": ("database_damaged", "数据库 {place} 的数据已损坏", "请查看服务器日志，从备份恢复"),
    "40": _BUSY,
    "55P03": _BUSY,
    "57014": _BUSY,
}
_SAID_WHILE_CONNECTING = {
    "password authentication failed": _NO_ENTRY,
    "no password supplied": _NO_ENTRY,
    "pg_hba.conf": _NO_ENTRY,
    r'role ".*" does not exist': _NO_ENTRY,
    r'database ".*" does not exist': _NO_DATABASE,
    "closed the connection|connection is closed": _POSTGRESQL["08"],
}
"""Before there is a connection the driver knows no code, only the server's words."""


def of_sqlite(fault: BaseException, place: str) -> Reason | None:
    """What an error of SQLite means for the file at `place`; None if it is no trouble of it."""
    name = getattr(fault, "sqlite_errorname", None)
    if name is None:
        return None
    primary = "_".join(str(name).split("_")[:2])  # of SQLITE_IOERR_WRITE: SQLITE_IOERR
    told = _SQLITE.get(_SQLITE_ALIKE.get(primary, primary))
    return None if told is None else _reason(told, place)


def of_postgresql(fault: BaseException, place: str) -> Reason | None:
    """What an error of PostgreSQL means for the database at `place`; None if it is none of it."""
    state = getattr(fault, "sqlstate", None)
    if state is None:
        return _reason(_while_connecting(str(fault)), place)
    fitting = [prefix for prefix in _POSTGRESQL if str(state).startswith(prefix)]
    return _reason(_POSTGRESQL[max(fitting, key=len)], place) if fitting else None


def moved(place: str) -> Reason:
    """The file is no longer the one that was opened: writing on would be lost with it."""
    return _reason(
        (
            "database_moved",
            "数据库文件 {place} 已被移走或替换",
            "请放回原文件，或停止程序、确认文件无误后重新启动",
        ),
        place,
    )


def busy(place: str) -> Reason:
    """Nobody let go of it within the time that is waited."""
    return _reason(_SQLITE["SQLITE_BUSY"], place)


def no_free_connection(place: str) -> Reason:
    """All connections were in use for as long as is waited."""
    return _reason(_BUSY, place)


def foreign_tables(place: str, names: list[str]) -> Reason:
    """The database belongs to another program."""
    return Reason(
        code="foreign_database",
        field=ADDRESS,
        message=f"数据库 {place} 里已有其他程序的表：{'、'.join(names)}",
        remedy="请为本系统另建一个空数据库",
    )


def _while_connecting(said: str) -> tuple[str, str, str]:
    told = (each for words, each in _SAID_WHILE_CONNECTING.items() if re.search(words, said))
    return next(told, _NO_CONNECTION)


def _reason(told: tuple[str, str, str], place: str) -> Reason:
    code, message, remedy = told
    return Reason(code=code, message=message.format(place=place), remedy=remedy)
