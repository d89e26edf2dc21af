"""The life of a lead or a deal: the steps of its stage history, drawn at random.

A step carries what a row of crm.stagehistory.list does
(https://apidocs.bitrix24.com/api-reference/crm/crm-stage-history-list.html): TYPE_ID 1 created on a process stage,
2 moved to a process stage, 3 moved to, or created on, a final stage, 5 moved to another pipeline. Times are business
seconds (see `company_calendar`); what lies behind the present is cut off by the caller.
"""

from math import exp
from random import Random
from typing import NamedTuple

from b24kpi.demo.company_calendar import DAY
from b24kpi.demo.company_plan import PIPELINES, Pipeline

CREATED, MOVED, FINISHED, TRANSFERRED = 1, 2, 3, 5
WIN, LOSS = "S", "F"

_BORN_FINAL = 0.02  # created directly on a final stage
_SKIP, _BACK, _TRANSFER, _REOPEN = 0.07, 0.04, 0.015, 0.025
_STAY_SPREAD = 0.9  # sigma of the logarithm of a stay


class Step(NamedTuple):
    """One row of stage history to be."""

    at: float
    type_id: int
    category: int
    semantics: str
    stage: str


class DealLife:
    """Walks a deal through the stages of its pipeline until it is closed or `until` is passed.

    `quality` divides the chance of a loss, `pace` multiplies every stay. `fate` forces the outcome: WIN, LOSS, or
    "" for chance to decide; a forced life is neither reopened nor transferred.
    """

    def __init__(self, random: Random, pipeline: Pipeline, *, quality: float, pace: float, fate: str = "") -> None:
        self._draw = random.random
        self._gauss = random.gauss
        self._pipeline = pipeline
        self._quality = quality
        self._pace = pace
        self._fate = fate
        self._position = 0
        self._steps: list[Step] = []

    def steps(self, start: float, until: float) -> list[Step]:
        """The steps from `start` on, in order of time; the first is always there, none lies after `until`."""
        at = start
        if not self._fate and self._draw() < _BORN_FINAL:
            self._close(at, WIN if self._draw() < 0.7 else LOSS)
            return self._steps
        self._add(at, CREATED, self._pipeline.process[0].code)
        while (at := at + self._stay()) <= until:
            if self._leave(at):
                continue
            at += self._stay()
            if not self._reopens(at, until):
                break
        return self._steps

    def _stay(self) -> float:
        days = self._pipeline.process[self._position].days
        return days * DAY * self._pace * exp(self._gauss(-0.3, _STAY_SPREAD))

    def _leave(self, at: float) -> bool:
        """One decision; False when it closed the deal."""
        loss = self._pipeline.process[self._position].loss / self._quality
        draw = self._draw()
        if draw < loss and self._fate != WIN:
            return self._close(at, LOSS)
        draw -= loss
        if 0 <= draw < _BACK and self._position:
            return self._move(at, self._position - 1)
        draw -= _BACK
        if 0 <= draw < _TRANSFER and not self._fate:
            return self._transfer(at)
        return self._move(at, self._position + (2 if self._draw() < _SKIP else 1))

    def _move(self, at: float, position: int) -> bool:
        if position >= len(self._pipeline.process):
            return self._close(at, LOSS if self._fate == LOSS else WIN)
        self._position = position
        self._add(at, MOVED, self._pipeline.process[position].code)
        return True

    def _transfer(self, at: float) -> bool:
        others = [pipeline for pipeline in PIPELINES if pipeline is not self._pipeline]
        self._pipeline = others[int(self._draw() * len(others))]
        self._position = 0
        if self._draw() < 0.1:  # straight onto the won stage of the other pipeline
            self._add(at, TRANSFERRED, self._pipeline.won.code, WIN)
            return False
        self._add(at, TRANSFERRED, self._pipeline.process[0].code)
        return True

    def _close(self, at: float, outcome: str) -> bool:
        lost = self._pipeline.lost
        stage = self._pipeline.won if outcome == WIN else lost[self._draw() < 0.25]
        self._add(at, FINISHED, stage.code, outcome)
        return False

    def _reopens(self, at: float, until: float) -> bool:
        if self._fate or at > until or self._draw() >= _REOPEN:
            return False
        self._position = len(self._pipeline.process) // 2
        self._add(at, MOVED, self._pipeline.process[self._position].code)
        return True

    def _add(self, at: float, type_id: int, stage: str, semantics: str = "P") -> None:
        self._steps.append(Step(at, type_id, self._pipeline.id, semantics, stage))


def squeeze(steps: list[Step], until: float) -> list[Step]:
    """The same steps, brought forward in proportion so that the last is not after `until`."""
    start, end = steps[0].at, steps[-1].at
    if end <= until:
        return steps
    share = (until - start) / (end - start)
    return [step._replace(at=start + (step.at - start) * share) for step in steps]
