"""A finished run, small and made up: every file that the report reads, in the formats of the stages that write them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from faceset.checks import check_shards
from faceset.choice import ChoiceRules
from faceset.coverage import coverage
from faceset.demography import demography
from faceset.index import write_index
from faceset.loading import ShardSet
from faceset.merge import LinkRules, MergeSource, merged
from faceset.quarantine import QuarantineEntry, QuarantineLog, Reason
from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.spec import CameraSpec, EnvironmentSpec, Identity, Lamp, LightSpec, OccluderSpec, SampleSpec
from facs.action_units import CODES
from facs.expression import Expression
from gan.metrics import METRICS, Measurement
from ganimation.config import DEMO
from pipeline.merge_shards import account
from pipeline.params import Params, load
from pipeline.train_gan import write_log
from render.people import SEXES, Person

ROOT = Path(__file__).parents[3]
SIZE = 16
PEOPLE, PAIRS_OF_EACH = 12, 3
GAINS = {"real": -0.5, "synthetic": 0.8, "mixed": 0.7, "twins": 2.0}
"""Mean gain over the input that each arm's made-up pairs have, dB."""


def params_for(folder: Path, root: Path | None = None, seeds: tuple[int, ...] = (0,)) -> Params:
    """Returns the shipped params with every path in ``folder`` and few pictures."""
    shipped = load(ROOT / "params.yaml")
    paths = {name: folder / path for name, path in shipped.paths.__dict__.items()}
    return replace(
        shipped,
        paths=replace(shipped.paths, **paths),
        real=replace(shipped.real, root=root),
        train=replace(shipped.train, seeds=seeds),
        report=replace(shipped.report, contact_sheet=6),
    )


def write_run(params: Params, gains: Mapping[str, float] = GAINS) -> None:
    """Writes everything that write_report reads."""
    paths = params.paths
    for number, name in enumerate(("real", "synthetic", "judge", "twins", "twins_emulated")):
        _write_set(paths.shards / name, name, number, paired=name.startswith("twins") or name == "synthetic")
        rendered = name != "real" or params.real.root is None
        _write_checks(paths.shards / name, paths.reports / "dataset" / f"{name}.json", rendered)
    _write_quarantine(paths.quarantine, params.real.root is not None)
    _write_judge(paths.runs / "estimator" / "training", params.action_units)
    for name, arm in params.arms.items():
        sources = [MergeSource(paths.shards / source, None, share) for source, share in arm.sources.items()]
        fractions = {"train": 0.8, "val": 0.1, "test": 0.1}
        result = merged(paths.merged, sources, 0, fractions, ChoiceRules(), LinkRules())
        write_index(paths.merged / f"{name}.parquet", result.frame)
        (paths.merged / f"{name}.json").write_text(json.dumps(account(arm, result)), encoding="utf-8")
        for seed in params.train.seeds:
            _write_training(paths.runs / name / "training" / f"seed-{seed}", params, twin=arm.twin_weight > 0.0)
        _write_logs(paths.runs / name / "training" / "log.csv", params.train.seeds, twin=arm.twin_weight > 0.0)
        _write_evaluation(paths.runs / name / "evaluation", params, gains[name])


def face(rng: np.random.Generator, smile: float) -> npt.NDArray[np.uint8]:
    """Returns a drawn face: background, oval, eyes, and a mouth as wide as the smile."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE - 0.5
    image = np.broadcast_to(rng.uniform(40, 200, 3), (SIZE, SIZE, 3)).copy()
    image[(x / 0.36) ** 2 + (y / 0.45) ** 2 < 1] = rng.uniform(90, 240, 3)
    image[(np.abs(np.abs(x) - 0.14) < 0.05) & (np.abs(y + 0.1) < 0.05)] = 20
    image[(np.abs(x) < 0.08 + 0.14 * smile) & (np.abs(y - 0.2) < 0.05)] = (150, 30, 40)
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def _write_set(folder: Path, name: str, number: int, paired: bool) -> None:
    rng = np.random.default_rng(number)
    samples = [
        _sample(rng, name, person, index, twin)
        for person in range(PEOPLE)
        for index in range(PAIRS_OF_EACH)
        for twin in range(2 if paired else 1)
    ]
    write_shard(folder / "00000.h5", samples, {"set": name})


def _sample(rng: np.random.Generator, name: str, person: int, index: int, twin: int) -> Sample:
    left = np.where(rng.random(len(CODES)) < 0.5, 0.0, rng.random(len(CODES)))
    left[CODES.index("AU43")] = left[CODES.index("AU45")]  # one closed eye
    right = np.clip(left + rng.normal(0, 0.05, len(CODES)) * (left > 0), 0, 1) if name == "synthetic" else left
    if name == "real":
        left = right = np.round(left)
    right[CODES.index("AU43")] = right[CODES.index("AU45")]
    known = rng.random(len(CODES)) < (0.7 if name == "real" else 1.1)
    key = f"{name}-{person:03d}-{index}"
    values: dict[str, Any] = {
        "image": face(rng, float(max(left[8], right[8]))),
        "au": np.maximum(left, right).astype(np.float32) * known,
        "au_left": left.astype(np.float32) * known,
        "au_right": right.astype(np.float32) * known,
        "au_known": known.astype(np.uint8),
        "identity": f"{name}-person-{person:03d}",
        "sample_key": f"{key}-t{twin}",
        "source": name,
        "twin_of": f"{key}-t0" if twin else "",
        "head_pose": (rng.normal(0, (0.6, 0.3, 0.1)) if name == "synthetic" else rng.normal(0, 0.1, 3)).astype(
            np.float32
        ),
    }
    if name != "real":
        seen = rng.random(len(CODES)).astype(np.float32) ** 0.2
        values |= {"au_visible": seen, "au_scorable": (seen > 0.3).astype(np.uint8)}
    return Sample(values)


def _write_checks(folder: Path, path: Path, rendered: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    faces = ShardSet.from_folder(folder)
    covered = coverage(faces, specs=specs_of(faces, path.stem) if rendered else None)
    if rendered:
        rng = np.random.default_rng(8)
        people = [Person(SEXES[n % 2], float(rng.uniform(18, 90)), int(rng.integers(1, 11))) for n in range(PEOPLE)]
        covered["people"] = demography(people)
    content = {"set": path.stem, "verdict": check_shards(folder).as_dict(), "coverage": covered}
    path.write_text(json.dumps(content, sort_keys=True))


def specs_of(faces: ShardSet, name: str) -> list[SampleSpec]:
    """Returns specifications that the faces could have been drawn with; of the real ones every fifth label is wrong."""
    rng = np.random.default_rng(len(name))
    wide = 1.0 if name == "synthetic" else 0.15
    specs = []
    for key, au in zip(faces.labels("sample_key"), faces.labels("au"), strict=True):
        wrong = rng.random(len(au)) < (0.2 if name == "real" else 0.0)
        shown = dict(zip(faces.au_codes, np.where(wrong, 1.0 - au, au).astype(float).tolist(), strict=True))
        shown.pop("AU43")
        kinds = rng.choice(["cup", "mask", "glasses"], 1) if name == "synthetic" and rng.random() < 0.4 else []
        lamps = tuple(
            Lamp((float(np.sin(a)), 0.0, float(np.cos(a))), (1.0 / n, 1.0, 1.0))
            for n, a in enumerate(rng.uniform(-2, 2, rng.integers(1, 3)), start=1)
        )
        environment = EnvironmentSpec(str(rng.choice(["none", "sky", "room"])), strength=0.4)
        specs.append(
            SampleSpec(
                str(key),
                Identity("x"),
                Expression.bilateral(shown),
                gaze=(float(rng.normal(0, 0.1 * wide)), 0.0),
                camera=CameraSpec(distance=float(rng.uniform(0.2, 3.0))),
                light=LightSpec(lamps, (0.4, 0.4, 0.4), (0.2, 0.2, 0.2), environment),
                occluders=tuple(OccluderSpec(str(kind)) for kind in kinds),
            )
        )
    return specs


def _write_quarantine(folder: Path, photographs: bool) -> None:
    with QuarantineLog(folder / "quarantine.jsonl") as log:
        for number in range(5 if photographs else 0):
            reason = Reason.NO_FACE if number < 3 else Reason.TRUNCATED
            log.add(QuarantineEntry(f"odd/<{number}>.jpg", f"release.txt:{number}", reason, "expected a face"))


def _write_judge(folder: Path, keys: tuple[str, ...]) -> None:
    folder.mkdir(parents=True)
    table = pd.DataFrame({"au": list(keys), "n": 100, "mae": 0.1, "pcc": np.linspace(0.5, 0.95, len(keys)), "icc": 0.7})
    table.loc[0, "icc"] = np.nan
    table.to_csv(folder / "agreement.csv", index=False)


def _write_training(folder: Path, params: Params, twin: bool) -> None:
    folder.mkdir(parents=True)
    config = replace(DEMO, condition=params.action_units, twin_fraction=0.5 if twin else 0.0)
    (folder / "config.json").write_text(json.dumps(config.to_json()))
    verdict = {"mean": 0.8, "std": 0.2, "saturated": False, "message": ""}
    (folder / "verdict.json").write_text(json.dumps(verdict))


def _write_logs(path: Path, seeds: tuple[int, ...], twin: bool) -> None:
    steps = range(49, 1300, 50)
    names = ["critic/au", "critic/wasserstein", "generator/attention_mean", "generator/cycle"]
    names += ["generator/twin"] * twin
    record = lambda step: {"step": step, **{name: 1.0 / (step + k) for k, name in enumerate(names, start=1)}}  # noqa: E731
    write_log(path, {seed: [record(step) for step in steps] for seed in seeds})


def _write_evaluation(folder: Path, params: Params, gain: float) -> None:
    folder.mkdir(parents=True)
    beds = ("twins", "twins_emulated")
    rows = [pair_rows(gain, seed, bed) for seed in params.train.seeds for bed in beds]
    pd.concat(rows, ignore_index=True).to_parquet(folder / "pairs.parquet", index=False)
    measured = [
        {"seed": seed, "set": bed, **Measurement(f"{read}_pcc_{key}", 0.6, 0.5, 0.7, "", True, 36).to_json()}
        for seed in params.train.seeds
        for bed in beds
        for read in ("edited", "target")
        for key in params.action_units
    ]
    (folder / "measurements.json").write_text(json.dumps(measured))
    for bed in beds:
        np.savez_compressed(folder / f"edits_{bed}.npz", **_edits(params.action_units))
    for name in (*beds, "real"):
        np.savez_compressed(folder / f"strips_{name}.npz", **_strips(params.action_units))


def pair_rows(gain: float, seed: int, bed: str) -> pd.DataFrame:
    """Returns a table of pairs as evaluate_gan stores it, whose gain over the input has the given mean."""
    people = np.repeat(np.arange(PEOPLE), PAIRS_OF_EACH)
    rng = np.random.default_rng([seed, round(100 * abs(gain)), len(bed)])
    table = pd.DataFrame({name: rng.uniform(0.2, 0.8, len(people)) for name in METRICS})
    table["input_psnr_changed"] = np.random.default_rng(7).normal(22, 3, len(people))
    table["psnr_changed"] = table["input_psnr_changed"] + gain + rng.normal(0, 0.3, len(people))
    keys = [f"{bed}-{person:03d}-{index}" for index, person in enumerate(people)]
    names = {
        "key_source": keys,
        "key_target": [f"{key}-t" for key in keys],
        "aus": np.resize(["AU12", "AU4+AU26", ""], len(keys)),
    }
    return table.assign(**names, identity=[f"{bed}-{person}" for person in people], seed=seed, set=bed)


def _edits(keys: tuple[str, ...]) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    source = np.stack([face(rng, 0.0) for _ in range(3)])
    target = source.copy()
    target[:2, 8:12] = 250  # the third pair differs nowhere
    return {
        "source": source,
        "target": target,
        "edited": (source // 2 + target // 2).astype(np.uint8),
        "attention": rng.integers(0, 256, source.shape[:3], dtype=np.uint8),
        "asked": np.full((3, len(keys)), 0.5, np.float32),
        "keys": np.array(["a", "b", "c"]),
        "aus": np.array(keys),
    }


def _strips(keys: tuple[str, ...]) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    shape = (2, len(keys), 4, SIZE, SIZE)
    return {
        "source": np.stack([face(rng, 0.0) for _ in range(2)]),
        "images": rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        "attention": rng.integers(0, 256, shape, dtype=np.uint8),
        "colours": rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        "levels": np.array([0.0, 0.33, 0.66, 1.0]),
        "keys": np.array(["a", "b"]),
        "aus": np.array(keys),
    }


@dataclass(frozen=True)
class Written:
    """A report that write_report wrote."""

    params: Params
    html: str
    content: dict[str, Any]


def written(params: Params) -> Written:
    from pipeline.write_report import run

    run(params)
    reports = params.paths.reports
    return Written(
        params, (reports / "index.html").read_text("utf-8"), json.loads((reports / "report.json").read_text("utf-8"))
    )


@pytest.fixture(scope="session")
def emulated_params(tmp_path_factory: pytest.TempPathFactory) -> Params:
    """A run without photographs."""
    params = params_for(tmp_path_factory.mktemp("emulated"))
    write_run(params)
    return params


@pytest.fixture(scope="session")
def emulated(emulated_params: Params) -> Written:
    """Its report."""
    return written(emulated_params)


@pytest.fixture(scope="session")
def photographed(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The report of a run with photographs, and two trainings of each arm."""
    params = params_for(tmp_path_factory.mktemp("real"), root=Path("release"), seeds=(0, 1))
    write_run(params)
    return written(params)


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[..., Params]:
    """Writes a run with given gains of the arms, and trainings, and returns its params."""

    def make(gains: Mapping[str, float] = GAINS, seeds: tuple[int, ...] = (0,)) -> Params:
        params = params_for(tmp_path, seeds=seeds)
        write_run(params, gains)
        return params

    return make


@pytest.fixture(scope="session")
def gains() -> Mapping[str, float]:
    return GAINS
