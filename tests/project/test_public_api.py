"""What a user may rely on is what ``frostline.__all__`` lists: no more, no less."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
import textwrap

import pytest

import frostline

PACKAGES = [module.name for module in pkgutil.iter_modules(frostline.__path__)]


def test_all_is_sorted_and_without_repeats():
    assert list(frostline.__all__) == sorted(set(frostline.__all__), key=frostline.__all__.index)
    assert len(frostline.__all__) == len(set(frostline.__all__))


def test_dir_shows_all_and_nothing_else():
    """Subpackages are reachable as modules, and are not part of the promise."""
    shown = {name for name in dir(frostline) if not name.startswith("_")}
    modules = {name for name in shown if inspect.ismodule(getattr(frostline, name))}
    assert modules <= set(PACKAGES), "an imported module leaks into the public namespace"
    assert shown - modules == {name for name in frostline.__all__ if not name.startswith("_")}


@pytest.mark.parametrize("name", frostline.__all__)
def test_every_public_name_exists_and_is_documented(name):
    item = getattr(frostline, name)
    if inspect.isclass(item) or inspect.isfunction(item):
        assert inspect.getdoc(item), f"frostline.{name} has no docstring"


def test_the_version_has_one_source():
    from frostline import _version

    assert frostline.__version__ == _version.__version__


@pytest.mark.parametrize("name", sorted(set(frostline.__all__) & set(PACKAGES)))
def test_a_public_name_is_not_hidden_by_the_package_of_the_same_name(name):
    """Importing a subpackage sets it as an attribute of its parent."""
    code = f"""
        import importlib, frostline
        first = frostline.{name}
        importlib.import_module("frostline.{name}")
        assert frostline.{name} is first, "after its package was imported"
        assert callable(first), "at first"
        """
    after = f"""
        import importlib, frostline
        importlib.import_module("frostline.{name}")
        assert callable(frostline.{name}), "when its package was imported before"
        from frostline import {name}
        assert callable({name})
        """
    for script in (code, after):
        command = [sys.executable, "-c", textwrap.dedent(script)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        frostline.no_such_name  # noqa: B018


def test_the_issue_s_names_are_there():
    assert {"Dataset", "diagnose", "load_backbone", "FrostlineError"} <= set(frostline.__all__)


def test_a_star_import_gives_all():
    code = "from frostline import *; import frostline; print(sorted(set(frostline.__all__) - set(globals())))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_promises_exists(package):
    module = importlib.import_module(f"frostline.{package}")
    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []
