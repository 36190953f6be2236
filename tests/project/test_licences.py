"""No copyleft licence in anything that Frostline installs, or is checked with."""

import re
from email.message import Message
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("tf", "tf-cuda", "torch", "dev")

# GPL, LGPL, AGPL and kin. The Mozilla licence covers its own files only and asks nothing of ours: it passes.
COPYLEFT = re.compile(
    r"\b[AL]?GPL(?:v?\d|\b)|GNU (?:Affero |Lesser |Library )?General Public|\bSSPL\b|\bEUPL\b|\bOSL\b|CC-BY-(?:NC|SA)",
    re.IGNORECASE,
)

# Package: why a copyleft name in its metadata is no obligation. Every entry must still be needed.
JUSTIFIED: dict[str, str] = {}


def licence_statements(about: Message) -> list[str]:
    """What a package's metadata says of its licence; the most exact kind of statement it makes."""
    expression = about.get("License-Expression")
    if expression:
        return [expression]
    classifiers = [one for one in about.get_all("Classifier", []) if one.startswith("License ::")]
    exact = [one for one in classifiers if not one.endswith("OSI Approved")]
    # A free text may hold the texts of bundled parts; its first line is the package's own licence.
    text = (about.get("License") or "").strip().splitlines()[:1]
    return exact or text


def is_copyleft(about: Message) -> bool:
    """Whether the licence is copyleft. A choice ("MIT OR GPL-2.0") is not: the other one is taken."""
    return any(
        all(COPYLEFT.search(choice) for choice in re.split(r"\bOR\b", statement))
        for statement in licence_statements(about)
    )


def closure(name: str, extras: tuple[str, ...]) -> dict[str, Message]:
    """The installed distributions that ``name`` with ``extras`` leads to, by their canonical names."""
    found: dict[str, Message] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(name, ("", *extras))]
    while waiting:
        current, wanted = waiting.pop()
        key = canonicalize_name(current)
        try:
            distribution = metadata.distribution(current)
        except metadata.PackageNotFoundError:
            continue  # of another platform, or an extra that is not installed here
        found[key] = distribution.metadata
        for extra in wanted:
            if (key, extra) in seen:
                continue
            seen.add((key, extra))
            for line in distribution.requires or ():
                requirement = Requirement(line)
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    waiting.append((requirement.name, ("", *requirement.extras)))
    return found


def about(**headers: str | list[str]) -> Message:
    message = Message()
    for name, value in headers.items():
        for one in [value] if isinstance(value, str) else value:
            message[name.replace("_", "-")] = one
    return message


@pytest.fixture(scope="module")
def installed():
    return closure("frostline", EXTRAS)


def test_the_walk_reaches_what_is_installed(installed):
    assert {"numpy", "pillow", "keras", "typer", "click", "pytest", "hatchling"} <= set(installed)
    assert len(installed) > 40


def test_nothing_installed_is_copyleft(installed):
    guilty = {name: licence_statements(message) for name, message in installed.items() if is_copyleft(message)}
    assert {name: said for name, said in guilty.items() if name not in JUSTIFIED} == {}


def test_everything_installed_states_a_licence(installed):
    silent = [name for name, message in installed.items() if not licence_statements(message)]
    assert [name for name in silent if not message_names_a_file(installed[name])] == []


def message_names_a_file(message: Message) -> bool:
    return bool(message.get_all("License-File"))


def test_every_justification_is_still_needed(installed):
    assert [name for name in JUSTIFIED if name in installed and not is_copyleft(installed[name])] == []


@pytest.mark.parametrize(
    "message",
    [
        about(License_Expression="GPL-3.0-or-later"),
        about(License_Expression="MIT AND LGPL-2.1-only"),
        about(License="AGPLv3"),
        about(License="GNU Lesser General Public License v2"),
        about(Classifier="License :: OSI Approved :: GNU General Public License v3 (GPLv3)"),
        about(License="BSD", Classifier=["License :: OSI Approved :: GNU Affero General Public License v3"]),
    ],
)
def test_copyleft_is_recognised(message):
    assert is_copyleft(message)


@pytest.mark.parametrize(
    "message",
    [
        about(License_Expression="MIT OR GPL-2.0-only"),
        about(License_Expression="MPL-2.0"),
        about(License="Apache License 2.0"),
        about(License="BSD-3-Clause\nparts under the GPL with the runtime exception"),
        about(Classifier="License :: OSI Approved :: MIT License"),
        about(),
    ],
)
def test_other_licences_pass(message):
    assert not is_copyleft(message)


def test_every_direct_dependency_is_explained(root):
    page = (root / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = {canonicalize_name(name) for name in re.findall(r"^\| `([\w.\[\]-]+)` \|", page, re.MULTILINE)}
    direct = {canonicalize_name(Requirement(line).name) for line in metadata.requires("frostline") or ()}
    assert direct - {"frostline"} == explained
