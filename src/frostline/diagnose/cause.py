"""The extension point: one hypothesis about why the result is poor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from frostline.diagnose.case import Case
from frostline.diagnose.experiment import Execute, Experiment, Outcome
from frostline.records import Estimate, FindingKind


@dataclass(frozen=True, slots=True)
class Symptom:
    """What speaks for a cause before its experiment: cheap, from what is already measured.

    Attributes:
        expected_recovery: balanced accuracy that the fix may recover, a guess; orders the experiments.
        evidence: the numbers behind it, plain JSON.
        not_applicable: why the cause cannot be tested on this case; empty when it can.
    """

    expected_recovery: float
    evidence: Mapping[str, Any] = field(default_factory=dict)
    not_applicable: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The paired experiment of a cause: the same folds and seeds, with and without the fix.

    For a cause of kind ``validity``, ``with_fix`` is the trustworthy measurement and ``without`` the flattering one:
    its effect is the (negative) correction of the figure, and it is confirmed when the figure was too high.
    """

    with_fix: Experiment
    without: Experiment


class Cause(ABC):
    """One hypothesis: its symptom, its paired experiment, its fix and its explanation.

    A subclass is final, has no state, and never trains: it returns the experiments it wants.
    """

    id: ClassVar[str]
    kind: ClassVar[FindingKind]
    title: ClassVar[str]

    @abstractmethod
    def symptom(self, case: Case) -> Symptom:
        """What speaks for the cause, from what is already measured."""

    @abstractmethod
    def comparison(self, case: Case) -> Comparison:
        """The experiment that confirms it or rules it out."""

    @abstractmethod
    def fix(self, case: Case, outcome: Outcome) -> Mapping[str, Any] | None:
        """The change of the recipe, plain JSON: setting -> value; with ``say``, a sentence for a person."""

    @abstractmethod
    def explain(self, case: Case, effect: Estimate | None) -> str:
        """A paragraph for a person, with a source; ``effect`` is None when nothing was measured."""

    def evidence(self, case: Case, execute: Execute) -> Mapping[str, Any]:
        """More numbers, once the experiment is done; none unless a cause has some."""
        del case, execute
        return {}
