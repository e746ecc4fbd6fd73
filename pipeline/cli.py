"""The command ``facsmith``. Everything heavy is imported inside the command that needs it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

HELP = "Labelled synthetic faces with exactly known FACS Action Units, and the GANs they train."
ParamsFile = Annotated[Path, Parameter(name="--params", help="the parameters")]
PARAMS = Path("params.yaml")
SetName = Literal["synthetic", "emulated", "judge"]
FormatName = Literal["emotionet", "openface", "disfa", "bp4d", "webdataset", "huggingface", "coco"]
FactsFile = Annotated[Path, Parameter(name="--facts", help="what only the maker of the set knows")]
FACTS = Path("dataset.yaml")
Dashed = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""A value that may begin with a dash, as -1,9 does."""


def _version() -> str:
    from importlib.metadata import version

    return version("facsmith")


app = App(name="facsmith", help=HELP, version=_version, help_format="plaintext")


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    sys.exit(app())


@app.command
def render(
    name: SetName = "synthetic",
    *,
    count: int = 32,
    labels: bool = False,
    out: Path = Path("contact_sheet.png"),
    params: ParamsFile = PARAMS,
) -> int:
    """Draw a contact sheet of what the params would render.

    Args:
        name: which set.
        count: how many faces.
        labels: a row for each face: landmarks, segments, regions, depth, normals and flow beside it.
        out: the image to write.
        params: the parameters.
    """

    def action() -> None:
        from pipeline.params import load
        from pipeline.previewing import save_sheet
        from pipeline.progress import answer

        save_sheet(load(params), name, max(1, count), out, labels)
        answer(str(out))

    return _guarded("render", action)


@app.command
def estimate(*names: str, params: ParamsFile = PARAMS) -> int:
    """Measure on this machine how long rendering all sets will take, and how large they will be.

    Args:
        names: of the sets; all by default.
        params: the parameters.
    """

    def action() -> None:
        from pipeline.estimating import answer_estimates
        from pipeline.params import load

        answer_estimates(load(params), names)

    return _guarded("estimate", action)


@app.command
def edit(
    photo: Path,
    *aus: str,
    arm: str = "mixed",
    seed: int | None = None,
    out: Path = Path("edited.png"),
    params: ParamsFile = PARAMS,
) -> int:
    """Change the expression on a photograph: facsmith edit face.jpg AU12=0.8 AU4=0.

    Args:
        photo: JPEG, PNG or WebP; its largest face is edited.
        aus: Action Units with activations in [0, 1]; the others stay as they are.
        arm: whose generator.
        seed: which of its trainings; the first by default.
        out: the image to write.
        params: the parameters.
    """

    def action() -> None:
        from pipeline.editing import edit_photo, parse_target
        from pipeline.params import load
        from pipeline.progress import answer

        settings = load(params)
        settings.arm(arm)
        chosen = settings.train.seeds[0] if seed is None else seed
        edit_photo(settings.paths, arm, chosen, photo, parse_target(aus), out)
        answer(str(out))

    return _guarded("edit", action)


@app.command
def annotate(*photos: Path, params: ParamsFile = PARAMS) -> int:
    """Read the Action Units of photographs; one line of JSON for each.

    Args:
        photos: JPEG, PNG or WebP; the largest face counts.
        params: the parameters.
    """

    def action() -> None:
        import json

        from pipeline.editing import annotate_photos
        from pipeline.params import load
        from pipeline.progress import answer

        for photo, reading in annotate_photos(load(params).paths, photos).items():
            rounded = {code: round(value, 3) for code, value in reading.items()}
            answer(json.dumps({"photo": str(photo), **rounded}))

    return _guarded("annotate", action)


@app.command
def export(
    folder: Path,
    *,
    format: FormatName,
    out: Path,
    images: bool = False,
    per_file: int = 1024,
    facts: FactsFile = FACTS,
    params: ParamsFile = PARAMS,
) -> int:
    """Write a folder of shards in another data set's format or for another library, for loaders that exist.

    Args:
        folder: where the shards and their manifest lie, or a merge index.
        format: emotionet, openface, disfa, bp4d: labels in their layout, scale and sentinels;
            webdataset, huggingface, coco: images and labels, split by identity, with a card and croissant.json.
        out: the folder to write; absent or empty.
        images: write the images too, under the names that the labels use; the last three always do.
        per_file: faces in one file of webdataset and huggingface.
        facts: what only the maker of the set knows, for the card.
        params: how people are split.
    """

    def action() -> None:
        from pipeline.exporting import export_container, export_folder, is_label_format

        if is_label_format(format):
            export_folder(folder, format, out, images)
        else:
            export_container(folder, format, out, facts, params, per_file)

    return _guarded("export", action)


@app.command
def card(folder: Path, *, out: Path | None = None, facts: FactsFile = FACTS) -> int:
    """Check a folder of shards and write its card, its datasheet and croissant.json from one file of facts.

    Args:
        folder: where the shards and their manifest lie.
        out: the folder to write into; by default, the shards' own.
        facts: what only the maker of the set knows.
    """

    def action() -> None:
        from pipeline.describing import describe_folder

        describe_folder(folder, facts, out or folder)

    return _guarded("card", action)


@app.command
def repack(
    file: Path,
    *arrays: str,
    out: Path,
    aus: Dashed = "",
    scale: Literal["0-1", "0-5", "presence"] = "0-1",
    unknown: Dashed = "",
    layout: str | None = None,
    bgr: bool = False,
    black: float = 0.0,
    white: float | None = None,
    source: str | None = None,
    shard_size: int = 1024,
) -> int:
    """Turn a foreign HDF5 file into shards: facsmith repack faces.h5 image=x au=y identity=id --aus AU1,AU12 --out new.

    Args:
        file: is opened by a process of its own with limits, which follows no link out of it.
        arrays: which array is what: image; au, au_left, au_right (a column for each of --aus) or AU12=..., AU12L=...;
            au_known, identity, sample_key, landmarks and any other channel.
        out: the folder of shards to write; absent or empty.
        aus: the Action Units of the columns, with commas; - for a column to leave out.
        scale: of the labels: activations, the 0 to 5 of OpenFace and DISFA, or absent and present.
        unknown: values that mean that nobody scored, with commas; what is not a number always does.
        layout: order of the image's axes, such as NHWC, NCHW, NHW; by default, told by its shape.
        bgr: colours come in the order blue, green, red.
        black: value of black.
        white: value of white; by default 255 for whole numbers and 1 for others.
        source: name of the set; by default, the file's.
        shard_size: faces in one shard.
    """

    def action() -> None:
        from faceset.sources.foreign import ForeignPlan
        from pipeline.repacking import parse_map, parse_numbers
        from pipeline.repacking import repack as repacked

        codes = tuple(part.strip() for part in aus.split(",") if part.strip())
        plan = ForeignPlan(
            parse_map(arrays), codes, scale, parse_numbers(unknown), layout, bgr, black, white, source or file.stem[:32]
        )
        repacked(file, plan, out, shard_size)

    return _guarded("repack", action)


@app.command
def sweep(
    *values: str,
    first: Annotated[str | None, Parameter(name="--from")] = None,
    again: bool = False,
) -> int:
    """Run a DVC experiment for every combination: facsmith sweep train.steps=500,1000 --from train_gan@mixed.

    Args:
        values: keys of params.yaml with their values; each combination is checked before the first one runs.
        first: the first stage that the values change; DVC then need not look through those before it.
        again: run those again that have run before from this commit.
    """

    def action() -> None:
        from pipeline.sweeping import sweep as run_sweep

        run_sweep(values, first, again)

    return _guarded("sweep", action)


@app.command
def fit_expressions(labels: Path, *, out: Path = Path("natural.json")) -> int:
    """Fit what natural expressions follow: how often AUs occur, together and how strongly.

    Args:
        labels: a folder of shards, an EmotioNet release or table, an OpenFace table, or the word prototypes.
        out: the file to write; name it as paths.natural in params.yaml.
    """

    def action() -> None:
        from pipeline.fitting import fit_expressions
        from pipeline.progress import answer

        fit_expressions(labels, out)
        answer(str(out))

    return _guarded("fit-expressions", action)


@app.command
def verify(path: Path, *, images: bool = False) -> int:
    """Check a folder of shards (every byte, every label), a merge index or a file of weights.

    Args:
        path: folder of shards with their manifest, a merge index *.parquet, or weights *.safetensors.
        images: of shards, also draw every image again; a machine with another CPU or GPU may draw other pixels.
    """

    def action() -> None:
        from pipeline import verifying

        verifying.verify(path, images)

    return _guarded("verify", action)


@app.command
def quality(
    *folders: Path,
    out: Path = Path("quality"),
    index: tuple[Path, ...] = (),
    params: Annotated[Path | None, Parameter(name="--params")] = None,
) -> int:
    """Write the quality page of folders of shards: gates, coverage, groups, duplicates, leakage, drift, label audit.

    Args:
        folders: of shards; the first two are compared with each other.
        out: the folder of the page, absent or an earlier page; its index.html needs no server.
        index: merge indices whose choice is told too.
        params: whose limits, Action Units, seed and splits count; by default the limits that are shipped.
    """

    def action() -> None:
        from pipeline.errors import StageError
        from pipeline.progress import answer
        from pipeline.quality.folders import write_quality

        if not folders:
            raise StageError("expected a folder of shards, found none; for example: facsmith quality data/shards/real")
        try:
            write_quality(folders, out, index, params)
        finally:
            if (out / "index.html").is_file():
                answer(str(out / "index.html"))

    return _guarded("quality", action)


@app.command
def doctor(folder: Path = Path()) -> int:
    """Say what this machine can do, what is missing, and what to install.

    Args:
        folder: where the work would be stored.
    """

    def action() -> None:
        from pipeline.doctor import report

        report(folder)

    return _guarded("doctor", action)


def _guarded(where: str, action: Callable[[], None]) -> int:
    from pipeline.stage import guarded

    return guarded(where, action)


if __name__ == "__main__":
    main()
