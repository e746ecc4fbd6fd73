"""Draws people: the shape of a head and the look of its surfaces; and says who a person is.

All frequencies here are by eye, made to look like a crowd of a large city, and are no statistics of any population.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance, Identity
from render.age import BANDS, age_of, years_of
from render.face_basis import ANCESTRIES
from render.hairdo import draw_facial_hair, draw_style
from render.monk import TONES, pigments, tone
from render.randomness import stream
from render.rigs.variety import Variety

MELANIN = {"african": (0.63, 0.09), "asian": (0.29, 0.055), "caucasian": (0.205, 0.065)}
"""Mean and standard deviation of melanin by ancestry."""

IRISES = {
    "dark brown": (0.17, 0.10, 0.06),
    "brown": (0.29, 0.17, 0.09),
    "hazel": (0.40, 0.30, 0.16),
    "green": (0.37, 0.42, 0.29),
    "grey": (0.42, 0.46, 0.48),
    "blue": (0.34, 0.46, 0.58),
}
DARK_IRISES, LIGHT_IRISES = (0.65, 0.32, 0.03, 0.0, 0.0, 0.0), (0.08, 0.26, 0.20, 0.12, 0.12, 0.22)
"""How often dark and fair people have each iris."""

FAIR = 0.34
"""Melanin below which hair and eyes may be light."""

Sex = Literal["male", "female"]
SEXES: tuple[Sex, ...] = ("male", "female")
GENDER = {"male": 0.07, "female": 0.95}
"""The phenotype ``gender`` of the mean man and the mean woman."""


@dataclass(frozen=True)
class Person:
    """Who somebody is.

    Attributes:
        sex: "male" or "female": on which side of 0.5 the phenotype ``gender`` lies.
        years: age in years, 18 to 90 (``render.age``).
        tone: of the skin, 1 to 10 (``render.monk``).
    """

    sex: Sex
    years: float
    tone: int


@dataclass(frozen=True)
class Demand:
    """What a balanced set asks of one person: sex, band of ages in years, and Monk tone."""

    sex: Sex
    band: tuple[float, float]
    tone: int


def describe(identity: Identity, appearance: Appearance) -> Person:
    """Returns who a person is; it follows from the specification alone."""
    sex: Sex = "male" if identity.phenotype.get("gender", 0.5) < 0.5 else "female"
    years = years_of(identity.phenotype.get("age", 0.5))
    return Person(sex, years, tone(appearance.melanin, appearance.haemoglobin))


def demand(seed: int, prefix: str, number: int) -> Demand:
    """Returns what balance asks of person ``number`` of a set.

    Each block of ten people has every tone once, each block of four every age and each pair both sexes, in an order
    of its own: counts differ by at most one whatever the number of people, and tone, age and sex do not depend on
    each other.
    """

    def one_of(name: str, count: int) -> int:
        order = stream(seed, f"{prefix}/balanced {name}", number // count).permutation(count)
        return int(order[number % count])

    return Demand(SEXES[one_of("sex", len(SEXES))], BANDS[one_of("age", len(BANDS))], TONES[one_of("tone", len(TONES))])


def sample_identity(
    random: np.random.Generator,
    name: str,
    local_names: tuple[str, ...],
    variety: Variety,
    wanted: Demand | None = None,
) -> Identity:
    """Returns a person: age, sex, build and ancestry, and small local changes of the head's shape.

    Every person has the phenotype, since their looks follow it; what of it moves a face model's vertices, the model
    says (``FaceBasis.phenotypes``).

    Args:
        random: the generator.
        name: of the person.
        local_names: local changes that the face model has.
        variety: how much they vary.
        wanted: sex and age to keep to, and a skin tone that ancestry should go with.
    """
    years = 18 + 62 * random.beta(1.25, 1.6)
    sex = SEXES[int(random.uniform() < 0.5)]
    ancestry = random.dirichlet([0.28, 0.28, 0.28])
    if wanted is not None:
        years, sex = random.uniform(*wanted.band), wanted.sex
        ancestry = _ancestry_of(random, wanted.tone)
    phenotype = {
        "age": age_of(years),
        "gender": float(np.clip(GENDER[sex] + random.normal(0, 0.07), 0, 1)),
        "muscle": float(np.clip(random.normal(0.5, 0.15), 0.1, 0.9)),
        "weight": float(np.clip(random.normal(0.5, 0.17), 0.1, 0.95)),
        **{key: float(value) for key, value in zip(ANCESTRIES, ancestry, strict=True)},
    }
    return Identity(name, phenotype, variety.sample(random, local_names))


def _ancestry_of(random: np.random.Generator, wanted: int) -> npt.NDArray[np.float64]:
    """Returns one of several drawn ancestries, the likelier the better it goes with a skin tone."""
    melanin, _ = pigments(wanted, 0.5)
    drawn = random.dirichlet([0.3, 0.3, 0.3], 12)
    mean, spread = drawn @ np.array([MELANIN[key] for key in ANCESTRIES]).T[0], 0.10
    likely = np.exp(-0.5 * ((melanin - mean) / spread) ** 2) + 1e-6
    return np.asarray(drawn[int(random.choice(len(drawn), p=likely / likely.sum()))])


def sample_appearance(random: np.random.Generator, identity: Identity, wanted: Demand | None = None) -> Appearance:
    """Returns skin, hair and eyes that go with the ancestry, the age and the sex of a person.

    Args:
        random: the generator.
        identity: the person.
        wanted: a skin tone to keep to; None for one that goes with the ancestry.
    """
    man = identity.phenotype["gender"] < 0.5
    years = years_of(identity.phenotype["age"])
    melanin, haemoglobin = _pigments(random, identity, wanted)
    fair = float(np.clip((FAIR - melanin) / 0.12, 0, 1))
    wrinkles = float(np.clip(random.normal((years - 28) / 48, 0.08), 0.0, 1.0))
    hair_melanin, hair_redness = _hair_colour(random, fair)
    style, length, curl = draw_style(random, identity, man)
    facial_hair, stubble = draw_facial_hair(random, identity, man)
    return Appearance(
        melanin=melanin,
        haemoglobin=haemoglobin,
        blotchiness=float(np.clip(random.normal(0.3 + 0.25 * wrinkles, 0.14), 0.05, 1.0)),
        lip_redness=float(np.clip(random.normal(0.38 if man else 0.62, 0.16), 0.05, 1.0)),
        hair_melanin=hair_melanin,
        hair_redness=hair_redness,
        hair_length=length,
        brow_density=float(np.clip(random.normal(0.62 if man else 0.36, 0.15) - 0.15 * wrinkles, 0.1, 1.0)),
        stubble=stubble,
        iris_rgb=_iris(random, fair * (1.25 - hair_melanin)),
        texture_seed=int(random.integers(2**31)),
        wrinkles=wrinkles,
        pores=float(np.clip(random.normal(0.42 if man else 0.32, 0.14) + 0.15 * wrinkles, 0.0, 1.0)),
        freckles=_freckles(random, fair, hair_redness),
        blemishes=float(random.beta(1.1, 3.5)),
        shine=float(np.clip(random.normal(0.48 - 0.12 * wrinkles, 0.16), 0.05, 0.95)),
        hair_style=style,
        hair_curl=curl,
        hair_grey=_grey(random, years, man),
        facial_hair=facial_hair,
        lashes=float(np.clip(random.normal(0.4 if man else 0.58, 0.14), 0.1, 1.0)),
        eye_redness=float(random.beta(1.4, 5.0)),
        teeth_shade=float(np.clip(random.normal(0.2 + 0.35 * wrinkles, 0.12), 0.0, 1.0)),
    )


def _pigments(random: np.random.Generator, identity: Identity, wanted: Demand | None) -> tuple[float, float]:
    """Returns a person's melanin and haemoglobin."""
    haemoglobin = float(np.clip(random.normal(0.55, 0.15), 0.2, 1.0))
    if wanted is not None:
        return pigments(wanted.tone, haemoglobin)
    weights = np.array([identity.phenotype[key] for key in ANCESTRIES])
    mean, spread = weights / weights.sum() @ np.array([MELANIN[key] for key in ANCESTRIES])
    return float(np.clip(random.normal(mean, spread), 0.02, 0.92)), haemoglobin


def _hair_colour(random: np.random.Generator, fair: float) -> tuple[float, float]:
    """Returns melanin and redness of the hair: black and dark brown, and in fair people everything else, too."""
    light = random.uniform() < 0.85 * fair
    melanin = random.choice([0.22, 0.42, 0.62, 0.80], p=[0.16, 0.24, 0.36, 0.24]) if light else 0.93
    red = light and random.uniform() < 0.08
    redness = random.uniform(0.7, 1.0) if red else random.beta(1.3, 5.0)
    return float(np.clip(melanin + random.normal(0, 0.04), 0.1, 1.0)), float(redness)


def _iris(random: np.random.Generator, light: float) -> tuple[float, float, float]:
    """Returns the colour of the iris; the lighter skin and hair, the likelier a light one."""
    share = min(1.0, max(0.0, 1.4 * light))
    chances = (1 - share) * np.array(DARK_IRISES) + share * np.array(LIGHT_IRISES)
    base = np.array(list(IRISES.values())[int(random.choice(len(IRISES), p=chances / chances.sum()))])
    red, green, blue = np.clip(base * np.exp(random.normal(0, 0.10)) + random.normal(0, 0.012, 3), 0.02, 0.8)
    return float(red), float(green), float(blue)


def _freckles(random: np.random.Generator, fair: float, redness: float) -> float:
    """Returns the density of freckles: in most people none, in red-haired people many."""
    has = random.uniform() < 0.06 + 0.24 * fair + (0.55 if redness > 0.65 else 0.0)
    return float(random.beta(1.3, 2.2)) if has else 0.0


def _grey(random: np.random.Generator, years: float, man: bool) -> float:
    """Returns the share of grey hairs: none in the young, most in the old; many, women above all, dye their hair."""
    onset, slope, dyed = random.normal(44, 9), random.uniform(20, 45), random.uniform() < (0.12 if man else 0.6)
    return 0.0 if dyed else float(np.clip((years - onset) / slope, 0.0, 1.0))
