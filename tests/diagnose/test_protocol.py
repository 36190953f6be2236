import pytest

from frostline.diagnose.case import Duplication
from frostline.diagnose.causes import causes
from frostline.diagnose.protocol import FAMILY_LEVEL, investigate, judge_interval
from frostline.records import Estimate, Finding

from .cases import IMAGES, Planted, case

HEALTHY = {
    "classic": 0.9,
    "best_head": 0.9,
    "best_taps": 0.9,
    "probe_late": 0.9,
    "probe_late_ungrouped": 0.9,
    "raw_pixels": 0.4,
    "classic_user": 0.9,
    "classic_user_clean": 0.9,
}


def findings(planted: Planted, **changes: object) -> dict[str, Finding]:
    found = investigate(case(**changes), [causes.get(name)() for name in causes], planted)  # type: ignore[arg-type]
    return {finding.cause: finding for finding in found}


def test_a_healthy_case_confirms_nothing_and_proposes_nothing() -> None:
    for finding in findings(Planted(HEALTHY)).values():
        assert finding.verdict == "ruled out", finding
        assert finding.fix is None


@pytest.mark.parametrize(
    ("changed", "cause", "effect"),
    [
        ({"best_taps": 0.97}, "wrong_layer", 0.07),
        ({"best_head": 0.96}, "head_bottleneck", 0.06),
        ({"probe_late_ungrouped": 0.99}, "leakage", -0.09),
        ({"raw_pixels": 0.95}, "negative_transfer", 0.05),
    ],
)
def test_a_planted_cause_is_confirmed_with_its_effect_and_no_other_is(
    changed: dict[str, float], cause: str, effect: float
) -> None:
    found = findings(Planted({**HEALTHY, **changed}))
    assert [name for name, finding in found.items() if finding.verdict == "confirmed"] == [cause]
    assert found[cause].effect == pytest.approx(effect, abs=0.01)
    low, high = found[cause].ci or (0, 0)
    assert low <= effect <= high
    assert found[cause].fix is not None
    assert found[cause].fix["say"]


def test_validity_comes_first_then_the_larger_effect() -> None:
    planted = Planted({**HEALTHY, "best_taps": 0.97, "best_head": 0.94, "probe_late_ungrouped": 0.95})
    found = investigate(case(), [causes.get(name)() for name in causes], planted)
    assert [f.cause for f in found if f.verdict == "confirmed"] == ["leakage", "wrong_layer", "head_bottleneck"]


def test_overlapping_intervals_name_each_other() -> None:
    found = findings(Planted({**HEALTHY, "best_taps": 0.95, "best_head": 0.95}))
    assert found["wrong_layer"].tied_with == ("head_bottleneck",)
    assert found["head_bottleneck"].tied_with == ("wrong_layer",)


def test_what_the_budget_leaves_out_is_not_tested_and_says_so() -> None:
    found = findings(Planted(HEALTHY, without_budget=("best_taps", "probe_late_ungrouped")))
    assert found["wrong_layer"].verdict == found["leakage"].verdict == "not tested"
    assert "budget" in (found["wrong_layer"].reason or "")
    assert found["wrong_layer"].effect is None


def test_intervals_are_corrected_for_the_number_of_causes() -> None:
    planted = Planted({**HEALTHY, "best_taps": 0.93})
    all_of_them = findings(planted)["wrong_layer"].ci or (0.0, 0.0)
    alone = investigate(case(), [causes.get("wrong_layer")()], planted)[0].ci or (0.0, 0.0)
    assert all_of_them[0] < alone[0] < alone[1] < all_of_them[1]
    assert FAMILY_LEVEL == 0.95


def test_leakage_without_groups_or_duplicates_is_not_tested_and_says_what_to_do() -> None:
    leakage = findings(Planted(HEALTHY), linked=0, user_groups=0)["leakage"]
    assert leakage.verdict == "not tested"
    assert "--group-by" in (leakage.reason or "")


def test_the_users_own_split_is_compared_when_there_is_one() -> None:
    planted = Planted({**HEALTHY, "classic_user": 0.99})
    leakage = findings(planted, user_split=True)["leakage"]
    assert leakage.verdict == "confirmed"
    assert leakage.effect == pytest.approx(-0.09, abs=0.01)
    assert {"classic_user", "classic_user_clean"} <= set(planted.asked)


def test_a_split_that_nothing_crosses_is_not_suspected() -> None:
    clean = Duplication(0, 0, 0, 150, IMAGES)
    leakage = findings(Planted(HEALTHY), user_split=True, duplication=clean)["leakage"]
    assert leakage.verdict == "not tested"
    assert "no image that you validate on" in (leakage.reason or "")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.2, "confirmed"),
        (0.0, 0.2, "inconclusive"),
        (-0.1, 0.009, "ruled out"),
        (-0.1, 0.01, "inconclusive"),
    ],
)
def test_verdicts_are_those_of_the_design(low: float, high: float, verdict: str) -> None:
    assert judge_interval(Estimate((low + high) / 2, low, high)) == verdict
