"""What the page says in words: what each section means for the reader, titles of gates, and terms."""

from collections.abc import Mapping
from typing import Any

from pipeline.report.wording import counted, listed

KINDS = {
    "photographs": "photographs",
    "emulated": "renders that stand in for photographs",
    "rendered": "renders with exact labels",
}
PARTS = {"train": "training", "val": "validation", "test": "test", "judge": "the judge’s own training"}

MEANS = {
    "sets": "So many faces of so many people: few people with many faces teach a network those people, not faces.",
    "labels": (
        "What a network can learn of an expression is bounded by how often and how strongly it is shown here: an AU in "
        "few faces is learnt badly, an intensity that no face shows is not learnt at all."
    ),
    "unknown": (
        "A label that nobody gave is not a label that says “absent”. Read as 0, unknown labels teach that expressions "
        "are not there; here they are kept apart, by the source that gave them."
    ),
    "letters": "A set that knows only strong expressions makes a network that sees nothing in faint ones.",
    "together": (
        "AUs that always come together cannot be told apart by a network; pairs that never do cannot be drawn by it."
    ),
    "coverage": (
        "A network is only as good as its emptiest corner: each cell counts the faces that show one AU, seen from one "
        "direction, in one light, on one range of skin tones. What is empty is what to render next."
    ),
    "people": (
        "If a group is small or shows fewer expressions, a network will be worse for it; where the intervals of two "
        "groups overlap widely, their difference may be chance."
    ),
    "images": (
        "Dark, blurred or repeated images cost training time and teach nothing, or the wrong thing; the distributions "
        "show how near the rest is to the limits."
    ),
    "leakage": (
        "If one person, or one picture, is in two parts, a test measures memory instead of skill. Zero is the only "
        "good number for people and for equal images."
    ),
    "drift": (
        "How unlike the two sets are, and in which direction: a network that learns from one of them meets in the "
        "other what it has never seen."
    ),
    "audit": (
        "Landmarks move with every expression, and nobody’s opinion is in them: where a label does not rise with the "
        "motion that its AU makes, the label is in doubt."
    ),
    "quarantine": "What could not be used was set apart with its reason, and nothing was deleted.",
    "repeat": "With this commit, these settings and the same shards the page comes out the same.",
}

GATES = {
    "shards_open": "Every file can be read",
    "checksums": "No file was altered",
    "faces": "Enough faces",
    "au_known_fraction": "Labels are known",
    "au_range": "Labels within 0 to 1",
    "au_constant": "Labels change",
    "au_is_higher_side": "Both sides agree with the whole",
    "twin_identity": "Twins are of one person",
    "duplicates": "No image twice",
    "near_duplicates": "Few look-alikes",
    "images_dark": "Few dark images",
    "images_bright": "Few bright images",
    "images_low_contrast": "Few flat images",
    "images_blurred": "Few blurred images",
    "images_low_information": "Few empty images",
    "images_odd_face_size": "Faces of one size",
    "landmarks_inside": "Landmarks within the frame",
    "certificate_residual": "Labels measured back on the mesh",
    "certificate_contact": "Lids and lips do not pass through",
    "certificate_scorable": "Hidden AUs are masked",
    "au_shown": "Every AU is shown",
    "empty_cells": "Coverage grid is filled",
    "smallest_group": "No group is forgotten",
    "shared_people": "Nobody is in two parts",
    "shared_images": "No image is in two parts",
    "lookalikes_across_parts": "No look-alikes in two parts",
    "intensity_drift": "Labels of the sets are alike",
    "told_apart": "Pictures of the sets are alike",
    "label_agreement": "Labels follow the landmarks",
}

TERMS = {
    "AU": "Action Unit: one movement of the face in FACS, the Facial Action Coding System; AU12 pulls the lip corners.",
    "activation": "How strong an AU is, from 0 (absent) to 1 (all that this face can do). A to E are its FACS letters.",
    "family": "A face and its twins: the same specification with other expressions.",
    "gate": "A number with limits: beyond the first it is worth a look, beyond the second the stage stops.",
    "luma": "Brightness of a coded pixel, 0 black to 1 white.",
    "lighting ratio": "Skin towards the brightest lamp over the same skin in its shadow; 1:1 is flat light.",
    "Monk": "The Monk Skin Tone scale, 1 the lightest to 10 the darkest; for renders it follows from the pigments.",
    "interval": "Where the true value lies in 95 of 100 such samples. Shares: Wilson; means: by drawing people again.",
    "near-duplicate": (
        "Two images whose 64-bit perceptual hashes differ in few bits and whose thumbnails correlate almost fully."
    ),
}

DRIFT_TERMS = {
    "Mean": "of the activation, or of the measure, in each set.",
    "Wasserstein": "by how much values must be moved on average to turn the one set into the other, in their own unit.",
    "JS": "Jensen-Shannon divergence: 0 the same distribution, 1 bit nothing in common.",
    "PSI": "Population stability index; by rule of thumb below .1 alike, above .25 clearly different.",
    "Covered": "share of the first set in ranges that the second fills too; then the other way round.",
}


def gate_title(name: str) -> str:
    """Returns what a gate promises, in words."""
    return GATES.get(name, name.replace("_", " "))


def verdict(facts: Mapping[str, Any]) -> dict[str, str]:
    """Returns the headline and one sentence: whether to train on these sets, and what to see to first."""
    failed = [gate for gate in facts["gates"] if gate["status"] == "fail"]
    warned = [gate for gate in facts["gates"] if gate["status"] == "warn"]
    if failed:
        headline = f"Do not train on this yet: {counted(len(failed), 'gate')} failed."
    elif warned:
        headline = f"Fit for training, with {counted(len(warned), 'thing')} worth a look."
    else:
        headline = "Fit for training: every gate passed."
    first = (failed or warned)[:3]
    passed = len(facts["gates"]) - len(failed) - len(warned)
    rest = f"{counted(passed, 'gate')} of {len(facts['gates'])} passed."
    if not first:
        return {"headline": headline, "sentence": rest}
    names = listed([f"{gate_title(gate['name']).lower()} ({gate['set']})" for gate in first])
    return {"headline": headline, "sentence": f"See to these first: {names}. {rest}"}


def drift_words(facts: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    """Returns in sentences what the drift means."""
    found = facts["drift"]
    if found is None:
        return []
    first, second = (titles[key] for key in found["sets"])
    lines = []
    if found["expressions"]["covered_first"] is not None:
        one, other = found["expressions"]["covered_first"], found["expressions"]["covered_second"]
        lines.append(
            f"Expressions: {one:.0%} of the faces of {first} show a combination of AUs that {second} shows too; "
            f"{other:.0%} of the faces of {second} show one that {first} shows too."
        )
    if found["kl"] is not None:
        one, other = found["kl"]["kl_first"], found["kl"]["kl_second"]
        better, worse = (second, first) if one < other else (first, second)
        lines.append(
            f"Intensities: when {second} stands in for {first}, {one:.2f} bits of every label are lost; when {first} "
            f"stands in for {second}, {other:.2f}. So {better} explains {worse} better than the reverse."
        )
    return lines + _told_apart(found["told_apart"], first, second)


def _told_apart(area: Mapping[str, Any], first: str, second: str) -> list[str]:
    if area["value"] is None:
        return []
    if area["low"] <= 0.5:
        meaning = "by brightness and coarse layout it cannot tell them apart"
    elif area["value"] < 0.75:
        meaning = "they differ a little in brightness and coarse layout"
    else:
        meaning = "they differ clearly in brightness or coarse layout, and a network will notice"
    return [
        f"Pictures: a simple classifier, asked which of two is from {second}, is right {area['value']:.0%} of the time "
        f"({area['low']:.0%} to {area['high']:.0%}; 50% is guessing): {meaning}. It saw {area['n'][0]:,} and "
        f"{area['n'][1]:,} faces, and was asked about people whom it had not seen."
    ]
