import pytest

from frostline.diagnose.cause import Cause
from frostline.diagnose.causes import causes
from frostline.testing.causes import check_cause

from .cases import case


@pytest.mark.parametrize("name", causes.names())
@pytest.mark.parametrize("user_split", [False, True])
def test_every_registered_cause_conforms(name: str, user_split: bool) -> None:
    check_cause(causes.get(name), case(user_split=user_split))


def test_the_suite_rejects_a_cause_that_compares_nothing() -> None:
    class Idle(causes.get("wrong_layer")):  # type: ignore[misc]
        def comparison(self, case: object) -> object:
            found = super().comparison(case)
            return type(found)(found.without, found.without)

    kind: type[Cause] = Idle
    with pytest.raises(AssertionError, match="with itself"):
        check_cause(kind, case())
