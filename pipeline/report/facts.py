"""Everything the report says, read once: the page and report.json are two views of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.params import Params
from pipeline.report.answer import Answer, answer
from pipeline.report.datasets import SetFacts, read_set
from pipeline.report.evaluation import Bed, read_beds
from pipeline.report.four_limits import Limit, four_limits
from pipeline.report.judge import Judge, read_judge
from pipeline.report.limits import emulation, limits
from pipeline.report.merging import Merging, read_merging
from pipeline.report.names import ArmName, arm_names, plain_arms
from pipeline.report.provenance import Provenance
from pipeline.report.quarantine import Quarantine
from pipeline.report.quarantine import read as read_quarantine
from pipeline.report.set_names import set_names
from pipeline.report.spread import Drawn
from pipeline.report.training import Training, read_training


@dataclass(frozen=True, eq=False)
class Facts:
    """What a run says.

    Attributes:
        title: of the page.
        emulated: True where "real" stands for rendered faces.
        emulation: the limits that stand-in has; empty for photographs.
        arms: the training sets.
        answer: which is better.
        limits: what the run can and cannot tell.
        beds: the scores.
        trainings: one for each arm.
        merging: what each training set took.
        judge: how good it is.
        sets: the data.
        four_limits: what the sets show of the limits that real labels have.
        quarantine: what the import refused.
        provenance: commit and versions.
        settings: what params.yaml said, by section.
    """

    title: str
    emulated: bool
    emulation: tuple[str, ...]
    arms: tuple[ArmName, ...]
    answer: Answer
    limits: tuple[str, ...]
    beds: tuple[Bed, ...]
    trainings: tuple[Training, ...]
    merging: tuple[Merging, ...]
    judge: Judge
    sets: tuple[SetFacts, ...]
    four_limits: tuple[Limit, ...]
    quarantine: Quarantine
    provenance: Provenance
    settings: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Returns the facts as plain values, without pictures."""
        return {
            "title": self.title,
            "real_is_emulated": self.emulated,
            "emulation": list(self.emulation),
            "arms": [asdict(arm) for arm in self.arms],
            "answer": asdict(self.answer),
            "limits": list(self.limits),
            "beds": [bed.to_json() for bed in self.beds],
            "trainings": [each.to_json() for each in self.trainings],
            "merging": [each.to_json() for each in self.merging],
            "judge": self.judge.to_json(),
            "four_limits": [asdict(each) for each in self.four_limits],
            "sets": [each.to_json() for each in self.sets],
            "quarantine": self.quarantine.to_json(),
            "provenance": self.provenance.to_json(),
            "settings": dict(self.settings),
        }


def read_facts(params: Params, settings: Mapping[str, Any], origin: Provenance) -> Facts:
    """Returns the facts of a finished run.

    Raises:
        StageError: a stage has not been run; its name is in the message.
        FacesetError: a shard or the quarantine is damaged.
    """
    arms, names, paths = arm_names(params), set_names(params), params.paths
    shown = params.report.contact_sheet
    sets = tuple(read_set(name, paths.reports / "dataset", paths.shards, shown) for name in names)
    covered = {each.name.name: each.coverage for each in sets}
    trainings = tuple(read_training(paths, arm, params.train.seeds) for arm in arms)
    judge = read_judge(paths.runs)
    beds = read_beds(paths.runs, arms, names, Drawn(params.evaluate.resamples, params.seed))
    return Facts(
        title=params.report.title,
        emulated=params.real.root is None,
        emulation=emulation(params) if params.real.root is None else (),
        arms=arms,
        answer=answer(beds, plain_arms(params)),
        limits=limits(params, trainings, beds, judge),
        beds=beds,
        trainings=trainings,
        merging=tuple(read_merging(paths.merged, arm) for arm in arms),
        judge=judge,
        sets=sets,
        four_limits=four_limits(covered["real"], covered["synthetic"]),
        quarantine=read_quarantine(paths.quarantine),
        provenance=origin,
        settings=settings,
    )
