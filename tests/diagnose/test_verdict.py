from dataclasses import replace

import pytest

from frostline.diagnose.ailment import Baseline, ailments
from frostline.diagnose.causes import causes
from frostline.diagnose.protocol import investigate
from frostline.diagnose.verdict import compose_verdict
from frostline.records import Estimate

from .cases import Planted, case
from .test_protocol import HEALTHY

GOOD = Baseline(Estimate(0.93, 0.9, 0.95), 0.97, 2.0, 10, 0.25, 0.4)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ()),
        ({"accuracy": Estimate(0.5, 0.45, 0.55), "train_accuracy": 0.55}, ("low accuracy",)),
        ({"raw_pixels": 0.95}, ("low accuracy",)),
        ({"train_accuracy": 1.0, "accuracy": Estimate(0.84, 0.8, 0.88)}, ("poor generalisation",)),
        ({"epochs_to_95pct": 7.0}, ("slow convergence",)),
        ({"epochs_to_95pct": None, "train_accuracy": None, "raw_pixels": None}, ()),
    ],
)
def test_slow_low_and_badly_generalising_are_told_apart(change: dict[str, object], expected: tuple[str, ...]) -> None:
    assert ailments(replace(GOOD, **change)) == expected  # type: ignore[arg-type]


def verdict(planted: dict[str, float], baseline: Baseline = GOOD, claimed: float | None = None) -> str:
    found = investigate(case(), [causes.get(name)() for name in causes], Planted({**HEALTHY, **planted}))
    return compose_verdict(baseline, found, backbone="googlenet", best_cut=("middle", 0.8), claimed=claimed)


def test_a_healthy_set_up_is_told_so() -> None:
    assert "Nothing found" in verdict({})
    assert "healthy" in verdict({})


def test_a_repair_is_told_with_its_gain() -> None:
    text = verdict({"best_taps": 0.97})
    assert "middle" in text
    assert "+0.07" in text


def test_losing_against_pixels_is_said_plainly() -> None:
    text = verdict({"raw_pixels": 0.97}, replace(GOOD, raw_pixels=0.97))
    assert "Frozen features lose against raw pixels" in text
    assert "0.970" in text
    assert "Thaw" in text


def test_a_layer_above_the_pixels_is_not_said_to_lose() -> None:
    text = verdict({"raw_pixels": 0.97}, replace(GOOD, raw_pixels=0.79))
    assert "The set-up loses against raw pixels" in text
    assert "Frozen features lose" not in text


def test_an_ailing_set_up_without_a_proven_repair_is_not_called_healthy() -> None:
    text = verdict({}, replace(GOOD, accuracy=Estimate(0.4, 0.35, 0.45)))
    assert "No repair is proven" in text
    assert "healthy" not in text


def test_a_claimed_accuracy_is_reproduced_or_not() -> None:
    assert "is reproduced" in verdict({}, claimed=0.92)
    assert "not reproduced" in verdict({}, claimed=0.99)


def test_classes_that_the_first_layer_tells_apart_may_be_a_shortcut() -> None:
    found = investigate(case(), [causes.get(name)() for name in causes], Planted(HEALTHY))
    for accuracy, said in ((0.98, True), (0.6, False)):
        text = compose_verdict(GOOD, found, backbone="b", best_cut=None, first_cut=("conv1", accuracy))
        assert ("shortcut" in text) is said
