"""Which hair goes with a person: scalp hair by sex, curl and age; beards, stubble and shaven beards of men."""

import numpy as np
import numpy.typing as npt

from faceset.spec import Identity
from render.hair.style import Style
from render.hair.styles import FACIAL_HAIR, STYLES

SHAVEN = 0.08
"""Density of the shadow that stays after shaving."""

CURL = {"african": 0.82, "asian": 0.06, "caucasian": 0.28}
"""Mean curl by ancestry, by eye."""


def draw_style(random: np.random.Generator, identity: Identity, man: bool) -> tuple[str, float, float]:
    """Returns the style, the length and the curl of a person's hair."""
    weights = np.array([identity.phenotype[key] for key in CURL])
    mean = float(weights / weights.sum() @ np.array(list(CURL.values())))
    curl = float(np.clip(random.normal(mean, 0.14), 0, 1))
    shares = np.array([_share(style, man, identity.phenotype["age"], curl) for style in STYLES.values()])
    style = list(STYLES)[int(random.choice(len(shares), p=shares / shares.sum()))]
    return style, float(np.clip(random.normal(0.5, 0.18), 0.1, 1.0)), curl


def _share(style: Style, man: bool, age: float, curl: float) -> float:
    """Returns how often somebody wears a style; balding styles come with age."""
    worn = style.for_men if man else style.for_women
    suits = style.ages[0] <= age <= style.ages[1] and style.curl[0] <= curl <= style.curl[1]
    older = np.clip((age - style.ages[0]) / 0.15, 0, 1) * 2.0 if style.bald > 0 else 1.0
    return float(worn * older * suits)


def draw_facial_hair(random: np.random.Generator, identity: Identity, man: bool) -> tuple[str, float]:
    """Returns the beard and the density of the shadow or stubble that a person's skin shows."""
    shares: npt.NDArray[np.float64] = np.array(
        [kind.for_men * (kind.ages[0] <= identity.phenotype["age"] <= kind.ages[1]) for kind in FACIAL_HAIR.values()]
    )
    kind = list(FACIAL_HAIR)[int(random.choice(len(shares), p=shares / shares.sum()))]
    stubble = FACIAL_HAIR[kind].shadow or SHAVEN
    stubble = float(np.clip(stubble * np.exp(random.normal(0, 0.35)), 0.02, 1.0))
    return (kind, stubble) if man else ("none", 0.0)
