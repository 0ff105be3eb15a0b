"""One measured thing, as a row of the table that ``scripts/bench`` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """``value`` beside ``ceiling``; ``goal``: the ratio to reach, or to stay under when less is better."""

    what: str
    value: float
    ceiling: float
    goal: float | None
    less_is_better: bool = False

    @property
    def ratio(self) -> float:
        """The value as a part of its ceiling."""
        return self.value / self.ceiling

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached, None where there is none."""
        if self.goal is None:
            return None
        return self.ratio <= self.goal if self.less_is_better else self.ratio >= self.goal

    def __str__(self) -> str:
        sign, verdict = "≤" if self.less_is_better else "≥", "met" if self.met else "MISSED"
        goal = "" if self.goal is None else f"{sign} {self.goal:.2f} {verdict}"
        return (
            f"| {self.what:<46} | {self.value:>9,.0f} | {self.ceiling:>9,.0f} | {self.ratio:>6.2f} | {goal} |"
        )
