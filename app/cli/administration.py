"""`huodian user|branch|grid`: people, branches, service grids."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import targets
from app.cli.hand_over import duties, hand_over_lines
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from engine.guards import ROLE_NAMES
from engine.ticket import ManagerPair, Role

users = typer.Typer(no_args_is_help=True)
branches = typer.Typer(no_args_is_help=True)
grids = typer.Typer(no_args_is_help=True)
targets.register(branches)

UserId = Annotated[str, typer.Argument(metavar="USER")]
Roles = Annotated[list[Role], typer.Option("--role", help="May be given several times.")]


@users.command(name="add")
def add_user(
    user_id: UserId,
    name: Annotated[str, typer.Option(help="Name as shown.")],
    roles: Roles,
    branch: Annotated[str, typer.Option(help="Branch id; empty for the whole company.")] = "",
    phone: Annotated[str, typer.Option(help="Mobile number for reminders.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Add a person; give them a sign-in link with `huodian user link`.

    Example: huodian user add tc.op1 --name 张三 --role operator --branch tengchong
    """
    from app.people.accounts import NewUser  # noqa: PLC0415

    application = opened()
    new = NewUser(user_id=user_id, name=name, roles=frozenset(roles), branch=branch, phone=phone)
    application.accounts.create_user(new, actor=acting(application, user))
    show({"id": user_id, "roles": sorted(roles)}, f"账号 {user_id} 已建立", as_json=as_json)


@users.command(name="list")
def list_users(user: ActingAs = "", as_json: AsJson = False) -> None:
    """Everybody with roles and branch.

    Example: huodian user list
    """
    application = opened()
    found = application.accounts.listing(actor=acting(application, user))
    result = [
        {
            "id": each.id,
            "name": each.name,
            "branch": each.branch,
            "roles": sorted(each.roles),
            "active": each.active,
        }
        for each in found
    ]
    rows = [
        (u.id, u.name, u.branch or "-", "、".join(sorted(u.roles)), "是" if u.active else "停用")
        for u in found
    ]
    show(result, table(rows, ("账号", "姓名", "单位", "角色", "启用")), as_json=as_json)


@users.command(name="set")
def set_contacts(
    user_id: UserId,
    name: Annotated[str | None, typer.Option(help="Name as shown.")] = None,
    phone: Annotated[str | None, typer.Option(help="Mobile number; empty takes it away.")] = None,
    wecom_id: Annotated[
        str | None, typer.Option(help="User id in the company's WeCom; empty takes it away.")
    ] = None,
    email: Annotated[
        str | None, typer.Option(help="For the daily summary; empty takes it away.")
    ] = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Change how messages reach a person.

    Example: huodian user set tc.head --wecom-id LuoHuaishan --email head@example.cn
    """
    application = opened()
    given = {"name": name, "phone": phone, "wecom_id": wecom_id, "email": email}
    changes = {key: value for key, value in given.items() if value is not None}
    application.accounts.set_contacts(user_id, changes, actor=acting(application, user))
    result = {"id": user_id, "changed": sorted(changes)}
    show(result, f"账号 {user_id} 的联系方式已更新", as_json=as_json)


@users.command()
def link(user_id: UserId, user: ActingAs = "", as_json: AsJson = False) -> None:
    """A one-time sign-in link, good for 24 hours.

    Example: huodian user link tc.op1
    """
    application = opened()
    token = application.accounts.issue_sign_in_link(user_id, actor=acting(application, user))
    url = f"{application.settings.base_url}/sign-in/{token}"
    show({"user": user_id, "url": url}, url, as_json=as_json)


@users.command()
def roles(
    user_id: UserId,
    granted: Roles,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Replace a person's roles.

    Example: huodian user roles tc.op1 --role operator --role account_manager
    """
    application = opened()
    left = application.accounts.set_roles(user_id, granted, actor=acting(application, user))
    names = "、".join(ROLE_NAMES[role] for role in sorted(granted))
    result = {"id": user_id, "roles": sorted(granted), **duties(left)}
    lines = [f"{user_id} 的角色：{names}", *hand_over_lines(user_id, left)]
    show(result, "\n".join(lines), as_json=as_json)


@users.command()
def disable(
    user_id: UserId,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Close an account and end its sessions at once; says what is to be handed over.

    Example: huodian user disable tc.op1 --reason 调离
    """
    application = opened()
    left = application.accounts.disable(user_id, reason=reason, actor=acting(application, user))
    lines = [f"账号 {user_id} 已停用", *hand_over_lines(user_id, left)]
    if left.tickets:
        lines.append("移交前，这些工单的提醒改发营销科科长（未设的发分公司负责人、公司市场营销部）")
    show({"id": user_id, "active": False, **duties(left)}, "\n".join(lines), as_json=as_json)


@branches.command(name="list")
def list_branches(as_json: AsJson = False) -> None:
    """Every branch with its code and phone.

    Example: huodian branch list
    """
    found = opened().organisation.branches()
    result = [{"id": b.id, "code": b.code, "name": b.name, "phone": b.phone} for b in found]
    rows = [(b.id, b.code, b.name, b.phone) for b in found]
    show(result, table(rows, ("单位", "代码", "名称", "电话")), as_json=as_json)


@branches.command(name="set")
def set_branch(
    branch_id: Annotated[str, typer.Argument(metavar="BRANCH")],
    code: Annotated[str, typer.Option(help="Two capital letters, part of ticket numbers.")],
    name: Annotated[str, typer.Option(help="Name as shown.")],
    phone: Annotated[str, typer.Option(help="Service phone named in messages.")],
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Add a branch or change it; another code begins the numbers of tickets from now on.

    Example: huodian branch set tengchong --code TC --name 腾冲分公司 --phone 0875-0000003
    """
    application = opened()
    former = application.organisation.set_branch(
        branch_id, code=code, name=name, phone=phone, actor=acting(application, user)
    )
    lines = [f"{name}已保存"]
    if former not in {"", code}:
        lines.append(
            f"今后的工单编号以 {code} 开头；已发出的 {former} 编号不变，{former} 仍归本单位"
        )
    result = {"id": branch_id, "code": code, "name": name, "former_code": former}
    show(result, "\n".join(lines), as_json=as_json)


@grids.command(name="list")
def list_grids(
    branch: Annotated[str, typer.Option(help="Branch id.")] = "",
    as_json: AsJson = False,
) -> None:
    """Service grids with their managers.

    Example: huodian grid list --branch tengchong
    """
    found = opened().organisation.grids(branch)
    result = [
        {
            "id": each.id,
            "branch": each.branch,
            "name": each.name,
            "project_manager": each.project_manager,
            "account_manager": each.account_manager,
            "is_default": each.is_default,
        }
        for each in found
    ]
    rows = [(g.id, g.branch, g.name, g.project_manager, g.account_manager) for g in found]
    heads = ("网格", "单位", "名称", "项目经理", "客户经理")
    show(result, table(rows, heads), as_json=as_json)


@grids.command(name="reassign")
def reassign_grids(
    all_of: Annotated[str, typer.Option(metavar="USER", help="Manager of the grids now.")],
    to: Annotated[str, typer.Option(metavar="USER", help="Who takes them over.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Hand all service grids of one manager over to another; open tickets keep theirs.

    Example: huodian grid reassign --all-of tc.am1 --to tc.am2 --reason 调离
    """
    application = opened()
    now = application.organisation.hand_over(
        all_of, to, reason=reason, actor=acting(application, user)
    )
    named = "".join(f"\n{each.id}  {each.name}" for each in now)
    result = {"from": all_of, "to": to, "grids": [each.id for each in now]}
    show(result, f"已移交网格 {len(now)} 个{named}", as_json=as_json)


@grids.command(name="set")
def set_grid(
    grid_id: Annotated[str, typer.Argument(metavar="GRID")],
    branch: Annotated[str, typer.Option(help="Branch id.")],
    name: Annotated[str, typer.Option(help="Name as shown.")],
    project_manager: Annotated[str, typer.Option(help="User id.")],
    account_manager: Annotated[str, typer.Option(help="User id.")],
    nodes: Annotated[list[str] | None, typer.Option("--node", help="Node it covers.")] = None,
    default: Annotated[
        bool, typer.Option("--default", help="For all that no grid covers.")
    ] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Add a service grid or change its managers and nodes.

    Example: huodian grid set TC-G1 --branch tengchong --name 城东网格
    --project-manager tc.pm1 --account-manager tc.am1 --node SB-T0001
    """
    from app.people.organisation import NewGrid  # noqa: PLC0415

    application = opened()
    grid = NewGrid(
        id=grid_id,
        branch=branch,
        name=name,
        managers=ManagerPair(project_manager=project_manager, account_manager=account_manager),
        nodes=tuple(nodes or ()),
        is_default=default,
    )
    application.organisation.set_grid(grid, actor=acting(application, user))
    show(grid, f"网格 {grid_id} 已保存", as_json=as_json)
