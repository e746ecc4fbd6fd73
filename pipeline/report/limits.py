"""What a run of this size can and cannot tell, in sentences that follow from its settings and outcome."""

from collections.abc import Iterator, Sequence

from pipeline.params import Params
from pipeline.report.evaluation import ArmScores, Bed
from pipeline.report.judge import Judge
from pipeline.report.metrics import GAIN
from pipeline.report.training import Training
from pipeline.report.wording import counted, listed, number

WEAK_JUDGE = 0.8
"""Below this correlation the judge's reading of an AU is called rough."""

HALF = 0.5
"""A mask above this keeps more of the input than it repaints."""


def emulation(params: Params) -> tuple[str, ...]:
    """Returns the four limits of real labels that the stand-in for photographs has, with the params' values."""
    entry = params.emulated
    levels = "present or absent" if entry.intensity_levels == 2 else f"{entry.intensity_levels} intensities"
    hidden = "nothing ever covers a face" if entry.occlusion == 0.0 else f"covered with probability {entry.occlusion:g}"
    return (
        f"few head directions: yaw up to {entry.max_yaw_deg:g}°, pitch up to {entry.max_pitch_deg:g}°, "
        f"roll up to {entry.max_roll_deg:g}°",
        f"occlusion: {hidden}",
        f"label error: {entry.label_error:.0%} of the AU labels are wrong",
        f"discrete intensities: labels know only {levels}",
    )


def limits(params: Params, trainings: Sequence[Training], beds: Sequence[Bed], judge: Judge) -> tuple[str, ...]:
    """Returns the limits of a run, the heaviest first."""
    parts = (
        _photographs(params),
        _luck(trainings),
        _size(params, trainings),
        _unequal(trainings),
        _unlearnt(trainings),
        _pairs(beds),
        _judge(judge),
        _masks(trainings, beds),
    )
    return tuple(text for part in parts for text in part)


def _photographs(params: Params) -> Iterator[str]:
    if params.real.root is None:
        yield (
            "Nothing here is measured on photographs. The “real” set is emulated, that is rendered: the run shows what "
            "limits of labels like those of EmotioNet cost, not what photographs are worth."
        )
    else:
        yield (
            "Photographs have no exact twins. The arms that learnt from photographs are tested on rendered faces, "
            "which are strange to them: their scores measure that change of domain too."
        )


def _luck(trainings: Sequence[Training]) -> Iterator[str]:
    number_of = min(len(each.seeds) for each in trainings)
    if number_of == 1:
        yield (
            "Each set was trained on once. The intervals say how much a result depends on the people in the test, not "
            "on the luck of a training; another seed may turn small differences round (train.seeds takes several)."
        )
    else:
        yield f"The intervals cover people and {number_of} trainings; so few trainings give them only roughly."


def _size(params: Params, trainings: Sequence[Training]) -> Iterator[str]:
    one = max(trainings, key=lambda each: each.steps)
    settings = "" if params.train.preset == "paper" else ", far fewer and smaller than published"
    yield (
        f"A training is {counted(one.steps, 'step')} of the critic and {one.generator_steps:,} of the generator with "
        f"{one.batch_size} faces of {params.image.size} pixels{settings} (preset {params.train.preset}), and edits "
        f"{listed(params.action_units)}. Which set wins may change with longer training."
    )


def _unequal(trainings: Sequence[Training]) -> Iterator[str]:
    sizes = {each.arm.label: each.num_faces for each in trainings}
    if max(sizes.values()) > 1.1 * min(sizes.values()):
        told = listed([f"{label} {count:,}" for label, count in sizes.items()])
        yield f"The training sets differ in size, which may decide by itself. Faces to learn from: {told}."


def _unlearnt(trainings: Sequence[Training]) -> Iterator[str]:
    for each in trainings:
        if each.unlearnt:
            yield (
                f"{each.arm.label} could not learn {listed(each.unlearnt)}: its faces do not know them, or always "
                "carry the same value."
            )


def _pairs(beds: Sequence[Bed]) -> Iterator[str]:
    few = [bed for bed in beds if bed.num_people < 20]
    if few:
        told = listed([f"{bed.num_people} ({bed.name.title})" for bed in few])
        yield f"The test shows few people, {told}: its intervals are rough."


def _judge(judge: Judge) -> Iterator[str]:
    weak = [each for each in judge.action_units if each.pcc is None or each.pcc < WEAK_JUDGE]
    if weak:
        told = listed([f"{each.code} ({number(each.pcc, 2)})" for each in weak])
        yield f"The judge reads {told} roughly: what it says of them weighs little. The twins do not depend on it."


def _masks(trainings: Sequence[Training], beds: Sequence[Bed]) -> Iterator[str]:
    """Yields what saturated masks mean; small edits need little of the image, so an arm that edits is not warned of."""
    for each in trainings:
        if not each.saturated or any(_edits(arm) for bed in beds for arm in bed.arms if arm.arm == each.arm):
            continue
        ended = f"{each.arm.label} ended with a mask of {number(each.attention, 3)} on average"
        if each.attention > HALF:
            yield f"{ended}, and neither twins nor judge see that it edits. Train longer, or on better labels."
        else:
            yield f"{ended}: it repaints the whole image instead of editing it."


def _edits(scores: ArmScores) -> bool:
    """Returns True where the twins, or at least the judge, see something better than the input."""
    found = (scores.ahead[name] for name in (GAIN.name, "au_error"))
    return any(each is not None and each.above_zero for each in found)
