import json
import sys

import pytest

from frostline.core import optional
from frostline.core.errors import MissingExtraError


def test_an_installed_module_is_returned():
    assert optional.require("json", extra="tf", purpose="Testing") is json


def test_a_missing_module_prints_the_install_line():
    with pytest.raises(MissingExtraError) as caught:
        optional.require("frostline_has_no_such_module", extra="tf", purpose="Running a network")
    text = str(caught.value)
    assert "Running a network needs the package 'frostline_has_no_such_module'" in text
    assert text.endswith('pip install "frostline[tf]"')


def test_a_module_that_breaks_while_importing_says_why(tmp_path, monkeypatch):
    (tmp_path / "frostline_broken_module.py").write_text("import frostline_missing_part\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match="frostline_missing_part"):
        optional.require("frostline_broken_module", extra="torch", purpose="Testing")


@pytest.mark.parametrize(("backend", "extra"), [("tensorflow", "tf"), ("jax", "tf"), ("torch", "torch")])
def test_without_its_backend_keras_names_the_extra(monkeypatch, backend, extra):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(MissingExtraError) as caught:
        optional.require_keras()
    assert caught.value.hint == f'pip install "frostline[{extra}]"'


def test_tensorflow_is_the_default_backend(monkeypatch):
    for name in ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS"):
        monkeypatch.setenv(name, "to be removed and put back")
        monkeypatch.delenv(name)
    asked = []
    monkeypatch.setattr(optional, "require", lambda module, **_: asked.append(module))
    optional.require_keras()
    assert asked == ["tensorflow", "keras"]
