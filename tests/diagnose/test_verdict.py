from dataclasses import replace

import pytest

from frostline.diagnose.ailment import Baseline, ailments
from frostline.diagnose.causes import causes
from frostline.diagnose.protocol import investigate
from frostline.diagnose.verdict import Claim, compose_verdict
from frostline.records import Estimate

from .cases import LABELS, Planted, case
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
        ({"epochs_to_95pct": None, "epochs": 0, "train_accuracy": None, "raw_pixels": None}, ()),
        ({"epochs_to_95pct": None}, ("slow convergence",)),
    ],
)
def test_slow_low_and_badly_generalising_are_told_apart(change: dict[str, object], expected: tuple[str, ...]) -> None:
    assert ailments(replace(GOOD, **change)) == expected  # type: ignore[arg-type]


def verdict(planted: dict[str, float], baseline: Baseline = GOOD, claim: Claim | None = None) -> str:
    found = investigate(case(), [causes.get(name)() for name in causes], Planted({**HEALTHY, **planted}))
    return compose_verdict(baseline, found, backbone="googlenet", best_cut=("middle", 0.8), claim=claim)


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


def test_a_claimed_accuracy_is_reproduced_or_not_where_it_was_claimed() -> None:
    measured = Estimate(0.95, 0.92, 0.97)
    assert "is reproduced: accuracy 0.950 [0.920, 0.970] on your split" in verdict(
        {}, claim=Claim(0.94, measured, True)
    )
    text = verdict({}, claim=Claim(0.99, measured, False))
    assert "not reproduced" in text
    assert "leak-proof" in text


def test_a_repair_that_is_not_settled_is_named_and_nothing_is_called_healthy() -> None:
    found = investigate(case(), [causes.get(name)() for name in causes], Planted(HEALTHY))
    undecided = [
        replace(f, verdict="inconclusive", effect=0.03, ci=(-0.01, 0.07)) if f.cause == "head_bottleneck" else f
        for f in found
    ]
    text = compose_verdict(GOOD, undecided, backbone="b", best_cut=None)
    assert "Not settled with this many images: head bottleneck" in text
    assert "healthy" not in text


def test_too_few_images_conclude_nothing() -> None:
    few = case(groups=tuple(f"g{i % 3}" for i in range(len(LABELS))))
    found = investigate(few, [causes.get(name)() for name in causes], Planted(HEALTHY))
    assert {finding.verdict for finding in found} == {"not tested"}
    text = compose_verdict(GOOD, found, backbone="b", best_cut=None)
    assert "Nothing can be concluded: too few images" in text


def test_classes_that_the_first_layer_tells_apart_may_be_a_shortcut() -> None:
    found = investigate(case(), [causes.get(name)() for name in causes], Planted(HEALTHY))
    for accuracy, said in ((0.98, True), (0.6, False)):
        text = compose_verdict(GOOD, found, backbone="b", best_cut=None, first_cut=("conv1", accuracy))
        assert ("shortcut" in text) is said
