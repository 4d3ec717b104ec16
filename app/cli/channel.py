"""`huodian channel|suppression`: who carries messages, what comes back, who wants none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local
from notifications.message import Channel

if TYPE_CHECKING:
    from app.channels import ChannelView

channels = typer.Typer(no_args_is_help=True)
suppressions = typer.Typer(no_args_is_help=True)

Phone = Annotated[str, typer.Argument(metavar="PHONE", help="Mobile number.")]
Why = Annotated[str, typer.Option(help="Who asked for it, and how; kept in the ledger.")]


@channels.command(name="list")
def list_channels(as_json: AsJson = False) -> None:
    """Who carries each channel, by preference, and the addresses that providers must be told.

    Example: huodian channel list
    """
    found = opened().outlets.listing()
    rows = [
        (
            str(each.channel),
            f"{each.preference}. {each.provider}",
            f"{each.same_params}/{each.mixed_params}",
            str(each.per_minute or "-"),
            each.receipts,
            str(len(each.unregistered) or "-"),
        )
        for each in found
    ]
    heads = ("渠道", "服务商", "每次最多(同/异)", "每分钟", "回执", "未登记模板")
    lines = [table(rows, heads)] if rows else ["没有启用任何渠道"]
    show(found, "\n".join([*lines, *_remarks(found)]), as_json=as_json)


@channels.command(name="test")
def try_out(
    channel: Annotated[Channel, typer.Argument(help="By which way.")],
    user_id: Annotated[str, typer.Argument(metavar="USER", help="A member of staff.")],
    provider: Annotated[str, typer.Option(help="The first of the channel otherwise.")] = "",
    openid: Annotated[str, typer.Option(help="For WeChat: where it reaches the person.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Send one message to a member of staff; exit 3 if the provider did not take it.

    Example: huodian channel test sms tc.head --provider tencent
    """
    application = opened()
    found = application.outlets.test(
        channel, user_id, actor=acting(application, user), provider=provider, openid=openid
    )
    taken = found.verdict in {"accepted", "delivered"}
    outcome = "已被服务商接收" if taken else f"未被接收：{found.code} {found.text}"
    show(found, f"{found.provider}：{outcome}", as_json=as_json)
    if not taken:
        raise typer.Exit(3)


@channels.command()
def receipts(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """What providers reported lately, without its content, which holds numbers.

    Example: huodian channel receipts --limit 20
    """
    application = opened()
    found = application.receiving.suppressions.reports(actor=acting(application, user), limit=limit)
    rows = [
        (
            str(each.id),
            local(each.received_at),
            each.provider,
            "待处理" if each.is_waiting else each.problem or "已处理",
            str(each.tries),
        )
        for each in found
    ]
    text = table(rows, ("编号", "时间", "服务商", "情况", "重试")) if rows else "没有回执"
    show(found, text, as_json=as_json)


@channels.command()
def replies(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """What people wrote back lately; numbers are masked.

    Example: huodian channel replies
    """
    application = opened()
    found = application.receiving.suppressions.replies(actor=acting(application, user), limit=limit)
    rows = [
        (
            local(each.received_at),
            each.provider,
            each.address,
            "退订" if each.effect else "",
            each.text,
        )
        for each in found
    ]
    text = table(rows, ("时间", "服务商", "号码", "结果", "内容")) if rows else "没有回复"
    show(found, text, as_json=as_json)


@suppressions.command(name="list")
def list_suppressions(user: ActingAs = "", as_json: AsJson = False) -> None:
    """Who wants no messages but those that the law demands; numbers are masked.

    Example: huodian suppression list
    """
    application = opened()
    found = application.receiving.suppressions.listing(actor=acting(application, user))
    rows = [
        (each.address, local(each.since), SOURCES[each.source], each.added_by, each.reason)
        for each in found
    ]
    text = table(rows, ("号码", "自", "来源", "登记人", "原因")) if rows else "退订名单为空"
    show(found, text, as_json=as_json)


@suppressions.command()
def add(phone: Phone, reason: Why, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Put a number on the list, because the person asked for it.

    Example: huodian suppression add 13000000301 --reason 客户来电要求
    """
    application = opened()
    application.receiving.suppressions.add(phone, reason=reason, actor=acting(application, user))
    show({"suppressed": True}, "已加入退订名单", as_json=as_json)


@suppressions.command()
def remove(phone: Phone, reason: Why, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Take a number off the list, because the person wants messages again.

    Example: huodian suppression remove 13000000301 --reason 客户到营业厅申请恢复
    """
    application = opened()
    application.receiving.suppressions.remove(phone, reason=reason, actor=acting(application, user))
    show({"suppressed": False}, "已移出退订名单", as_json=as_json)


SOURCES = {"reply": "客户回复", "command": "人工登记"}


def _remarks(found: tuple[ChannelView, ...]) -> list[str]:
    """What a table has no room for."""
    remarks = [f"{each.provider} 的回执地址：{each.callback}" for each in found if each.callback]
    for each in found:
        if each.unregistered:
            remarks.append(f"{each.provider} 未登记：{'、'.join(each.unregistered)}")
        if each.behind:
            remarks.append(f"{each.provider} 的登记早于现行正文：{'、'.join(each.behind)}")
    return remarks
