"""What arms are called on the page: what stands in for photographs is never called real alone."""

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
