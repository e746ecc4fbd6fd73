"""What arms and sets are called on the page: what stands in for photographs is never called real alone."""

from dataclasses import dataclass

from pipeline.params import Arm, Params

EMULATED = "emulated"


@dataclass(frozen=True)
class ArmName:
    """One training set on the page.

    Attributes:
        name: in params.yaml.
        label: on the page: "real (emulated)" where nothing in it is a photograph.
        short: where there is no room: "real*".
        made_of: its sources in words.
    """

    name: str
    label: str
    short: str
    made_of: str


def arm_names(params: Params) -> tuple[ArmName, ...]:
    """Returns the arms in the order of params.yaml."""
    emulated = params.real.root is None
    return tuple(_arm_name(name, arm, emulated) for name, arm in params.arms.items())


def plain_arms(params: Params) -> tuple[ArmName, ArmName] | None:
    """Returns the arms that learn from real and from synthetic faces alone, in the same way; None without both."""
    names = {arm.name: arm for arm in arm_names(params)}
    found: dict[str, ArmName] = {}
    for name, arm in params.arms.items():
        if len(arm.sources) == 1 and not arm.twin_fraction:
            found.setdefault(next(iter(arm.sources)), names[name])
    return (found["real"], found["synthetic"]) if len(found) == 2 else None


def _arm_name(name: str, arm: Arm, emulated: bool) -> ArmName:
    share = arm.sources.get("real", 0.0)
    mark = "" if not emulated or not share else f" ({EMULATED})" if share == 1.0 else f" (part {EMULATED})"
    twins = f", with the exact twin shown for {arm.twin_fraction:.0%} of the edits" if arm.twin_fraction else ""
    parts = " and ".join(f"{part:.0%} {_source(source, emulated)}" for source, part in arm.sources.items())
    return ArmName(name, name + mark, name + "*" * bool(mark), parts.replace("100% ", "") + twins)


def _source(source: str, emulated: bool) -> str:
    if source == "synthetic":
        return "synthetic faces"
    return "rendered faces that stand in for photographs" if emulated else "photographs"


@dataclass(frozen=True)
class SetName:
    """One data set on the page: its name in the shards, its heading, what it is for, and "on … faces" for a test."""

    name: str
    title: str
    purpose: str
    where: str = ""


def set_names(params: Params) -> tuple[SetName, ...]:
    """Returns the sets that the report describes."""
    test, renderer = "scores every edit against its exact twin", "the second renderer"
    emulated = params.real.root is None
    real = (
        SetName("real", "“Real” (emulated)", "stands in for photographs; rendered, with the limits of real labels")
        if emulated
        else SetName("real", "Photographs", "the EmotioNet release that real.root names")
    )
    second = (
        SetName(
            "twins_emulated",
            "Test pairs, emulated",
            f"the same test, drawn like the emulated set by {renderer}",
            "on emulated faces",
        )
        if emulated
        else SetName(
            "twins_emulated",
            "Test pairs, second renderer",
            f"the same test, drawn by {renderer}; no photographs",
            "on faces of the second renderer",
        )
    )
    return (
        real,
        SetName("synthetic", "Synthetic", "rendered by this project with exact labels"),
        SetName("judge", "Judge", "trains the estimator that reads Action Units off edits; people of its own"),
        SetName("twins", "Test pairs, synthetic", f"{test}; drawn like the synthetic set", "on synthetic faces"),
        second,
    )
