import pytest

from frostline.core import registry as registry_module
from frostline.core.errors import FrostlineError, UnknownNameError
from frostline.core.registry import Registry


class _Point:
    """Stands in for importlib.metadata.EntryPoint."""

    def __init__(self, name, item, dist=None):
        self.name, self.value, self.dist, self._item = name, f"elsewhere:{name}", dist, item

    def load(self):
        if isinstance(self._item, Exception):
            raise self._item
        return self._item


@pytest.fixture
def registry():
    filters = Registry[str]("filter", entry_point_group="frostline.test-filters")
    filters.register("edges", "EDGES")
    filters.register("contours", "CONTOURS")
    return filters


@pytest.fixture
def announce(monkeypatch):
    def install(*points):
        monkeypatch.setattr(registry_module, "entry_points", lambda *, group: points)

    return install


def test_get_names_items_and_iteration_keep_the_order_of_registration(registry):
    assert registry.get("edges") == "EDGES"
    assert registry.names() == ("edges", "contours")
    assert list(registry) == ["edges", "contours"]
    assert registry.items() == {"edges": "EDGES", "contours": "CONTOURS"}


def test_register_returns_the_item(registry):
    assert registry.register("texture", "TEXTURE") == "TEXTURE"


def test_items_is_a_copy(registry):
    dict(registry.items()).clear()
    registry.items().pop("edges")
    assert registry.names() == ("edges", "contours")


def test_a_taken_name_raises_and_changes_nothing(registry):
    with pytest.raises(FrostlineError, match=r"filter name 'edges' is already taken by 'EDGES'"):
        registry.register("edges", "OTHER")
    assert registry.get("edges") == "EDGES"


def test_an_unknown_name_lists_the_known_ones_and_suggests_the_closest(registry):
    with pytest.raises(UnknownNameError) as caught:
        registry.get("edgse")
    assert "Unknown filter: 'edgse'. Known: contours, edges." in caught.value.message
    assert caught.value.hint == "did you mean 'edges'?"
    assert caught.value.exit_code == 2


def test_nothing_is_suggested_when_nothing_is_close(registry):
    with pytest.raises(UnknownNameError) as caught:
        registry.get("zzzzzzzz")
    assert caught.value.hint == "use one of: contours, edges."


def test_entry_points_come_after_the_built_ins(registry, announce):
    announce(_Point("wavelets", "WAVELETS"))
    assert registry.names() == ("edges", "contours", "wavelets")
    assert registry.get("wavelets") == "WAVELETS"


def test_entry_points_are_loaded_once(registry, announce):
    announce(_Point("wavelets", "WAVELETS"))
    registry.names()
    announce(_Point("late", "LATE"))
    assert "late" not in registry.names()


def test_an_entry_point_with_a_taken_name_is_refused_every_time(registry, announce):
    announce(_Point("fine", "FINE"), _Point("edges", "OTHER"))
    for _ in range(2):
        with pytest.raises(FrostlineError, match="'edges', announced by 'elsewhere:edges', is already taken"):
            registry.get("edges")


def test_an_entry_point_that_cannot_be_loaded_names_itself_every_time(registry, announce):
    announce(_Point("broken", ImportError("no module named wavelet")))
    for _ in range(2):
        with pytest.raises(FrostlineError, match=r"'broken', announced by .* cannot be loaded: no module"):
            registry.names()
