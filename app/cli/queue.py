"""`huodian queue`: how sending stands, and what operators do about providers and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local
from app.labels import MESSAGE_CHANNELS
from app.masking import masked_phone
from notifications.message import Channel

if TYPE_CHECKING:
    from app.sending.status import NodeView, QueueStatus
    from notifications.carriage import ProviderStanding
    from notifications.message import Message

commands = typer.Typer(no_args_is_help=True)

Reason = Annotated[str, typer.Option("--reason", help="Why; it goes into the ledger.")]
MessageId = Annotated[str, typer.Argument(metavar="MESSAGE")]
Provider = Annotated[str, typer.Argument(metavar="PROVIDER")]


@commands.command()
def status(user: ActingAs = "", as_json: AsJson = False) -> None:
    """How much waits and since when, which nodes live, how providers stand, what needs a person.

    Example: huodian queue status
    """
    application = opened()
    found = application.transport.watch.status(actor=acting(application, user))
    show(found, status_text(found), as_json=as_json)


@commands.command()
def pause(
    provider: Provider, reason: Reason = "", user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Hand nothing more to a provider; its messages go by others, or wait.

    Example: huodian queue pause aliyun --reason 账户欠费
    """
    application = opened()
    changed = application.transport.queue.pause(provider, reason, actor=acting(application, user))
    show(changed, f"服务商 {provider} 已暂停", as_json=as_json)


@commands.command()
def resume(provider: Provider, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Use a provider again that was paused, or blocked because it refused us.

    Example: huodian queue resume aliyun
    """
    application = opened()
    changed = application.transport.queue.resume(provider, actor=acting(application, user))
    show(changed, f"服务商 {provider} 已恢复", as_json=as_json)


@commands.command()
def cancel(
    message: MessageId, reason: Reason = "", user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Call off a message that has not been sent.

    Example: huodian queue cancel 6f9c… --reason 误发
    """
    application = opened()
    application.transport.queue.cancel(message, reason, actor=acting(application, user))
    show({"id": message, "state": "cancelled"}, f"消息 {message} 已取消", as_json=as_json)


@commands.command()
def retry(
    message: MessageId, reason: Reason = "", user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Send a message anew, as another one, to the address that its recipient has now.

    Only what failed, expired or was cancelled, and nothing newer has overtaken.

    Example: huodian queue retry 6f9c… --reason 号码已更正
    """
    application = opened()
    again = application.transport.queue.retry(message, reason, actor=acting(application, user))
    show(
        {"id": again.id, "of": message},
        f"已重发为消息 {again.id}，发往{_where(again)}",
        as_json=as_json,
    )


@commands.command()
def handled(
    message: MessageId,
    note: Annotated[str, typer.Option("--note", help="How the person was told.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Note that a failed, doubtful or undeliverable message was seen to by hand.

    Example: huodian queue handled 6f9c… --note 已电话告知
    """
    application = opened()
    application.transport.queue.handled(message, note, actor=acting(application, user))
    show({"id": message, "handled": True}, f"消息 {message} 已标记为人工处理", as_json=as_json)


def _where(message: Message) -> str:
    by_phone = message.channel in {Channel.SMS, Channel.APP}
    address = f" {masked_phone(message.address)}" if by_phone else ""
    return f"{MESSAGE_CHANNELS[message.channel]}{address}"


def status_text(found: QueueStatus) -> str:
    """The figures, the nodes and the providers."""
    age = "" if found.oldest_due_s is None else f"，最早的已等候 {found.oldest_due_s} 秒"
    on_their_way = (
        f"待交付 {found.due}　已排队 {found.handed_over}　发送中 {found.sending}　"
        f"未到时间 {found.later}{age}"
    )
    by_hand = (
        f"须人工处理：失败、无法送达或逾期的法定通知 {found.dead_letters}，"
        f"结果不明 {found.in_doubt}"
    )
    if found.dead_letters or found.in_doubt:
        by_hand += "（huodian outbox list --unhandled）"
    lines = [on_their_way, by_hand]
    if found.notices:
        lines.append(f"正在展开的群发通知：{'、'.join(found.notices)}")
    lines += [f"✕ 作业 {each.key} 失败：{each.problem}" for each in found.failed_jobs]
    nodes = [_node(each) for each in found.nodes]
    lines.append(
        table(nodes, ("守护进程", "状态", "版本", "启动", "最近")) if nodes else "没有守护进程"
    )
    providers = [_provider(each) for each in found.providers]
    if providers:
        lines.append(table(providers, ("渠道", "服务商", "权重", "状态", "原因")))
    return "\n".join(lines)


def _node(node: NodeView) -> tuple[str, str, str, str, str]:
    states = {"stopped": "已停止", "lost": "已失联"}
    state = "✓ 运行" if node.alive else states.get(node.ending, "✕ 无响应")
    return node.name, state, node.version, local(node.started_at), local(node.seen_at)


def _provider(standing: ProviderStanding) -> tuple[str, str, str, str, str]:
    if standing.paused_by:
        state = f"‖ 暂停（{standing.paused_by}）"
    elif standing.blocked_until is not None:
        state = f"停用至 {local(standing.blocked_until)}"
    else:
        state = "✓ 使用"
    weight = f"{standing.weight}/{standing.resting_weight}"
    channel = MESSAGE_CHANNELS[standing.channel]
    return channel, standing.name, weight, state, standing.reason
