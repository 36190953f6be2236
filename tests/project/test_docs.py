"""The documentation is in step with the code, its links lead somewhere, its Python compiles."""

import importlib.util
import re
from pathlib import Path

import pytest
import typer
from markdown_it import MarkdownIt

from frostline.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def heading_anchors(text: str) -> set[str]:
    """The anchors that a page's headings get on a code host."""
    tokens = MarkdownIt().parse(text)
    titles = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(text: str) -> list[str]:
    found = []
    for token in MarkdownIt().parse(text):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                found.append(str(target))
    return found


def code_blocks(text: str, language: str) -> list[str]:
    return [token.content for token in MarkdownIt().parse(text) if token.type == "fence" and token.info == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page):
    broken = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"(https?|mailto):", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in heading_anchors(target.read_text(encoding="utf-8"))):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_compiles(page):
    for code in code_blocks(page.read_text(encoding="utf-8"), "python"):
        compile(code, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_code_block_names_its_language(page):
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    assert [token.content for token in tokens if token.type == "fence" and not token.info.strip()] == []


def test_the_command_line_s_page_is_in_step(generate):
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == generate.cli_page(app), "run `make docs`"


def test_every_command_the_readme_shows_exists(generate):
    known = set(re.findall(r"^## `frostline (.+)`$", generate.cli_page(app), re.MULTILINE))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {match for block in code_blocks(readme, "sh") for match in re.findall(r"^frostline (\w+)", block, re.M)}
    assert shown
    assert shown <= known


def example() -> typer.Typer:
    """An application with what the generator must cope with."""
    application = typer.Typer(rich_markup_mode="rich")
    models = typer.Typer(help="Models.")
    application.add_typer(models, name="models")

    @application.command()
    def check(folder: Path, deep: bool = typer.Option(False, help="Look twice.")) -> None:
        """Look at a folder."""

    @application.command(hidden=True)
    def secret() -> None:
        """Nobody's business."""

    @models.command("list")
    def list_models() -> None:
        """All of them."""

    return application


def test_the_generator_covers_nested_commands_and_leaves_hidden_ones_out(generate):
    page = generate.cli_page(example())
    headings = re.findall(r"^## `(.+)`$", page, re.MULTILINE)
    assert headings == ["frostline", "frostline check", "frostline models", "frostline models list"]
    assert "Look twice." in page
    assert "Nobody's business" not in page


def test_the_page_does_not_depend_on_the_terminal(generate, monkeypatch):
    pages = set()
    for columns in ("40", "250"):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("FORCE_COLOR", "1")
        pages.add(generate.cli_page(example()))
    (page,) = pages
    assert "\x1b" not in page
    assert max(map(len, page.splitlines())) <= 100


def test_check_says_what_is_out_of_step_and_writes_nothing(generate, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    monkeypatch.setattr(generate, "PAGES", {"cli.md": lambda: "new\n"})
    (tmp_path / "cli.md").write_text("old\n")
    assert generate.main(["--check"]) == 1
    assert "docs/cli.md: out of step" in capsys.readouterr().out
    assert (tmp_path / "cli.md").read_text() == "old\n"
    assert generate.main([]) == 0
    assert (tmp_path / "cli.md").read_text() == "new\n"
    assert generate.main(["--check"]) == 0
