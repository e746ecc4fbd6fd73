"""What a style of hair is, as numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """A style of scalp hair, on the average head; metres.

    The frame is that of the face models: +X to the person's left, +Y up, +Z forward. Lengths hold for
    ``Appearance.hair_length`` 0.5. All numbers are by eye.

    Attributes:
        for_women: how often women wear it, relative to other styles.
        for_men: how often men wear it.
        curl: range of ``Appearance.hair_curl`` that suits it.
        ages: range of the phenotype ``age`` that suits it.
        paint: opacity of the scalp painted under it.
        bald: how far the front and the crown have lost their hair, 0 to 1.
        clumps: number of ribbons.
        points: points along each.
        top: length of the hair on top.
        sides: length at the ears and at the nape.
        width: of a ribbon.
        lift: how steeply hair leaves the skin, 0 flat to 1 upright.
        volume: how far the hair stands from the skin.
        parting: distance of the parting from the midline; ``away`` leads from it. None: from the whorl at the crown.
        away: weight of the way from the parting or whorl.
        sweep: direction (sideways, up, forward) in which hair is combed besides; sideways is away from the parting.
        fall: arc length after which hair hangs; 0 never.
        cut: height at which it is cut, 0 nowhere.
        fringe: whether the front hangs over the forehead.
        fuzz: how far single clumps leave the common way.
        wave: size of the waves that the style brings beside the curl of the hair.
        gather: (up, forward) place at the back of the head where it is bound, or None.
        tail: length of what hangs from there; 0 for a bun.
        over_ears: whether it may cover the ears.
        blunt: width of a ribbon's tip as a share of its middle.
    """

    for_women: float
    for_men: float
    curl: tuple[float, float] = (0.0, 1.0)
    ages: tuple[float, float] = (0.0, 1.0)
    paint: float = 0.95
    bald: float = 0.0
    clumps: int = 800
    points: int = 4
    top: float = 0.04
    sides: float = 0.02
    width: float = 0.005
    lift: float = 0.35
    volume: float = 0.010
    parting: float | None = None
    away: float = 1.0
    sweep: tuple[float, float, float] = (0.0, 0.0, 0.0)
    fall: float = 0.0
    cut: float = 0.0
    fringe: bool = False
    fuzz: float = 0.15
    wave: float = 0.0
    gather: tuple[float, float] | None = None
    tail: float = 0.0
    over_ears: bool = False
    blunt: float = 0.3


@dataclass(frozen=True)
class FacialHair:
    """A style of beard.

    Attributes:
        for_men: how often men wear it.
        moustache: length over the upper lip, metres; 0 for none.
        chin: length on the chin.
        cheeks: length on the jaw and the cheeks.
        shadow: density of the painted beard under it, in [0, 1].
        ages: range of the phenotype ``age`` that suits it.
    """

    for_men: float
    moustache: float = 0.0
    chin: float = 0.0
    cheeks: float = 0.0
    shadow: float = 0.0
    ages: tuple[float, float] = (0.58, 1.0)
