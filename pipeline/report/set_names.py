"""What sets are called on the page: what stands in for photographs is never called real alone."""

from dataclasses import dataclass

from pipeline.params import Params


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
