"""Finds the files of rules that ship with the software."""

from __future__ import annotations

from importlib.resources import files


def policy_text(name: str) -> str:
    """The text of a file of `workflows/policy/`."""
    return files("workflows").joinpath("policy", name).read_text(encoding="utf-8")


def definition_texts() -> tuple[tuple[str, str], ...]:
    """File name and text of every shipped definition, by name."""
    folder = files("workflows").joinpath("definitions")
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )
