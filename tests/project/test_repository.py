"""Rules about the files themselves."""

import ast
import os
import re

import pytest

LONGEST = 500
# What such files hold has a name of its own.
VAGUE = {"utils", "util", "misc", "helpers", "common", "manager"}


def test_no_source_file_is_too_long(sources, root):
    long = {str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_no_module_has_a_vague_name(sources, root):
    assert [str(path.relative_to(root)) for path in sources if path.stem.strip("_") in VAGUE] == []


def test_no_package_registry_is_named(files, root):
    """Where packages come from is the business of the machine they are installed on."""
    needles = [
        b"".join(parts)
        for parts in [
            (b"pypi", b".org"),
            (b"python", b"hosted"),
            (b"npm", b"js.org"),
            (b"npm", b"js.com"),
            (b"conda", b".anaconda"),
            (b"deb.", b"debian.org"),
            (b"crates", b".io"),
            (b"download.", b"pytorch.org"),
            (b"proxy.", b"golang.org"),
            (b"--index", b"-url"),
            (b"--extra-index", b"-url"),
        ]
    ]
    # This spelling switches the lock's naming of places off.
    allowed = b"--no-emit" + b"-index" + b"-url"
    found = {}
    for path in files:
        content = path.read_bytes().replace(allowed, b"").lower()
        named = [needle.decode() for needle in needles if needle in content]
        if named:
            found[str(path.relative_to(root))] = named
    assert found == {}


def test_the_lock_pins_every_line(root):
    lines = (root / "requirements" / "dev.lock").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert len(pinned) > 40
    assert [line for line in pinned if not re.match(r"[a-z0-9._-]+==[\w.]+( ; .+)?$", line)] == []


def test_no_weights_are_committed(files, root):
    """Numbers about weights may be (source statistics), the weights themselves not."""
    suffixes = {".h5", ".npz", ".npy", ".onnx", ".safetensors", ".pt", ".pth", ".keras", ".ckpt", ".pb"}
    statistics = root / "src" / "frostline" / "backbones" / "known"
    weights = [path for path in files if path.suffix in suffixes and path.parent != statistics]
    assert [str(path.relative_to(root)) for path in weights] == []
    assert [str(path.relative_to(root)) for path in files if path.stat().st_size > 1_000_000] == []


def test_ci_run_can_be_executed(root):
    assert os.access(root / ".ci" / "run", os.X_OK)


def test_make_check_calls_the_readme_s_test_command(root):
    """CI runs what a person is told to run."""
    recipe = (root / "Makefile").read_text().partition("\ncheck:")[2].partition("\n\n")[0]
    assert "$(MAKE) --no-print-directory test" in recipe
    assert "make test" in (root / "README.md").read_text(encoding="utf-8")
    assert "make check" in (root / ".ci" / "run").read_text()


def test_every_module_says_what_it_is(root):
    modules = (root / "src").rglob("*.py")
    silent = [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert [str(path.relative_to(root)) for path in silent] == []


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "docs/cli.md"])
def test_the_project_s_papers_are_there(root, name):
    assert (root / name).read_text(encoding="utf-8").strip()


def test_the_changelog_has_a_section_for_what_is_coming(root):
    assert "\n## [Unreleased]\n" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
