"""The definitions that ship with the software: their files, their fingerprint, their values."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from workflows.problems import DefinitionFaultsError, Fault, Problem
from workflows.rule_files import definition_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.definition import WorkflowDefinition


def shipped() -> tuple[tuple[str, str], ...]:
    """File name and text of every shipped definition, by file name."""
    return definition_texts()


def shipped_fingerprint() -> str:
    """SHA-256 of all shipped files: equal as long as none was added, changed or removed.

    Every command asks for it, so nothing is parsed here.
    """
    whole = sha256()
    for name, text in shipped():
        whole.update(sha256(name.encode()).digest() + sha256(text.encode()).digest())
    return whole.hexdigest()


def load_shipped() -> tuple[tuple[WorkflowDefinition, str], ...]:
    """Every shipped definition with the text of its file, by file name.

    Raises:
        DefinitionFaultsError: some are wrong; the problems of all files at once.
    """
    return load_all(shipped())


def load_all(files: Sequence[tuple[str, str]]) -> tuple[tuple[WorkflowDefinition, str], ...]:
    """The definitions in the given (name, text) pairs, each with its text.

    Raises:
        DefinitionFaultsError: some are wrong or share an id; the problems of all files at once.
    """
    # Imported here, because `shipped_fingerprint` must stay cheap.
    from workflows.loader import load_definition  # noqa: PLC0415

    loaded: list[tuple[str, WorkflowDefinition, str]] = []
    problems: list[Problem] = []
    for name, text in files:
        try:
            loaded.append((name, load_definition(text, path=name), text))
        except DefinitionFaultsError as error:
            problems.extend(error.problems)
    problems.extend(_shared_ids([(name, definition.id) for name, definition, _ in loaded]))
    if problems:
        raise DefinitionFaultsError(problems)
    return tuple((definition, text) for _, definition, text in loaded)


def _shared_ids(ids: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, definition_id in ids:
        if definition_id in first:
            yield Fault(
                code="duplicate_id",
                message=f"编号“{definition_id}”已用于文件 {first[definition_id]}",
                at=("id",),
                remedy="请另取一个编号",
            ).found_in(name, 1)
        first.setdefault(definition_id, name)
