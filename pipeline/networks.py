"""Trained networks from where the stages left them."""

from pathlib import Path

from annotate.estimator import AuEstimator, load_estimator
from annotate.training import ESTIMATOR
from ganimation.editing import Editor
from ganimation.training import GENERATOR, load_generator
from pipeline.errors import StageError


def judge_of(runs: Path) -> AuEstimator:
    """Returns the estimator that judges edits.

    Raises:
        StageError: it is not trained.
    """
    file = runs / "estimator" / "training" / ESTIMATOR
    if not file.is_file():
        raise StageError(f"expected {file}, found none; train it: dvc repro train_estimator")
    return load_estimator(file)


def editor_of(runs: Path, arm: str, seed: int, judge: AuEstimator) -> Editor:
    """Returns one arm's generator; the judge reads the expressions that a caller does not give.

    Raises:
        StageError: it is not trained, or the judge does not read all of its Action Units.
    """
    file = runs / arm / "training" / f"seed-{seed}" / GENERATOR
    if not file.is_file():
        raise StageError(f"expected {file}, found none; train it: dvc repro train_gan@{arm}")
    generator, config = load_generator(file)
    unread = [key for key in config.condition if key not in judge.config.keys]
    if unread:
        raise StageError(f"{file}: the judge does not read {', '.join(unread)}; train both on the same action_units")
    columns = [judge.config.keys.index(key) for key in config.condition]
    return Editor(generator, config, lambda images: judge.estimate(images)[:, columns])
