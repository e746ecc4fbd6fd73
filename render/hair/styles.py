"""The styles: plain tables, names to numbers."""

from render.hair.style import FacialHair, Style

STYLES: dict[str, Style] = {
    "bald": Style(0.0, 0.5, ages=(0.68, 1.0), paint=0.0, clumps=0),
    "shaved": Style(0.02, 0.5, paint=0.6, clumps=0),
    "balding": Style(
        0.0, 0.9, ages=(0.72, 1.0), bald=1.0, clumps=1200, points=3, top=0.020, sides=0.020, width=0.005, lift=0.12,
        volume=0.005,
    ),
    "receding": Style(
        0.0, 0.8, ages=(0.66, 1.0), bald=0.3, clumps=1000, top=0.040, sides=0.018, lift=0.3, volume=0.010,
        sweep=(0, 0, -1.2), fuzz=0.1,
    ),
    "buzz": Style(0.03, 1.0, clumps=1400, points=3, top=0.008, sides=0.006, width=0.004, lift=0.5, volume=0.006),
    "crop": Style(
        0.15, 1.2, curl=(0.0, 0.5), clumps=1300, points=3, top=0.028, sides=0.012, width=0.006, lift=0.4, volume=0.012
    ),
    "short": Style(
        0.25, 1.6, curl=(0.0, 0.6), clumps=1200, top=0.050, sides=0.020, width=0.007, lift=0.35, volume=0.018,
        sweep=(0.2, 0.2, 0.1), fuzz=0.1,
    ),
    "side_part": Style(
        0.2, 1.1, curl=(0.0, 0.4), clumps=1000, points=5, top=0.085, sides=0.028, width=0.007, lift=0.3, volume=0.018,
        parting=0.034, sweep=(0.2, 0.1, -0.45), fuzz=0.07,
    ),
    "swept_back": Style(
        0.2, 0.9, curl=(0.0, 0.5), clumps=1000, points=5, top=0.100, sides=0.045, width=0.007, lift=0.35, volume=0.016,
        away=0.15, sweep=(0.0, 0.1, -1.0), fuzz=0.06,
    ),
    "fringe": Style(
        0.4, 0.6, curl=(0.0, 0.4), clumps=1100, points=5, top=0.105, sides=0.045, width=0.008, lift=0.25, volume=0.014,
        fringe=True, fall=0.12, fuzz=0.06, blunt=0.5,
    ),
    "curly_short": Style(
        0.4, 0.8, curl=(0.5, 1.0), clumps=900, points=6, top=0.060, sides=0.035, width=0.007, lift=0.6, volume=0.024,
        fuzz=0.4, wave=0.004, blunt=0.6,
    ),
    "afro": Style(
        0.5, 0.5, curl=(0.8, 1.0), clumps=1500, points=4, top=0.060, sides=0.045, width=0.013, lift=1.0, volume=0.06,
        away=0.2, fuzz=0.3, over_ears=True, blunt=1.1,
    ),
    "pixie": Style(
        0.6, 0.1, curl=(0.0, 0.5), clumps=1000, points=5, top=0.080, sides=0.040, width=0.008, lift=0.3, volume=0.016,
        parting=0.03, sweep=(0.3, 0.0, 0.25), fall=0.12, fringe=True, fuzz=0.08, blunt=0.4,
    ),
    "bob": Style(
        1.0, 0.05, curl=(0.0, 0.6), clumps=700, points=8, top=0.30, sides=0.30, width=0.009, lift=0.12, volume=0.018,
        parting=0.02, sweep=(0.0, 0.0, -0.25), fall=0.05, cut=0.592, fuzz=0.05, over_ears=True, blunt=0.6,
    ),
    "bob_fringe": Style(
        0.7, 0.0, curl=(0.0, 0.4), clumps=700, points=8, top=0.30, sides=0.30, width=0.010, lift=0.15, volume=0.018,
        fall=0.08, cut=0.592, fringe=True, fuzz=0.04, over_ears=True, blunt=0.7,
    ),
    "long_straight": Style(
        1.6, 0.08, curl=(0.0, 0.2), clumps=680, points=9, top=0.50, sides=0.45, width=0.010, lift=0.1, volume=0.014,
        parting=0.006, sweep=(0.0, 0.0, -0.25), fall=0.06, cut=0.44, fuzz=0.04, over_ears=True,
    ),
    "long_side_part": Style(
        1.1, 0.05, curl=(0.0, 0.4), clumps=680, points=9, top=0.50, sides=0.45, width=0.010, lift=0.18, volume=0.020,
        parting=0.034, sweep=(0.0, 0.0, -0.3), fall=0.07, cut=0.46, fuzz=0.05, wave=0.003, over_ears=True,
    ),
    "long_wavy": Style(
        1.4, 0.08, curl=(0.2, 0.7), clumps=480, points=14, top=0.48, sides=0.42, width=0.012, lift=0.18, volume=0.022,
        parting=0.015, sweep=(0.0, 0.0, -0.25), fall=0.06, cut=0.47, fuzz=0.08, wave=0.009, over_ears=True,
    ),
    "long_curly": Style(
        0.9, 0.08, curl=(0.6, 1.0), clumps=400, points=18, top=0.42, sides=0.36, width=0.013, lift=0.3, volume=0.034,
        parting=0.015, sweep=(0.0, 0.0, -0.2), fall=0.08, cut=0.49, fuzz=0.22, wave=0.012, over_ears=True, blunt=0.6,
    ),
    "ponytail": Style(
        1.1, 0.05, curl=(0.0, 0.6), clumps=640, points=8, top=0.25, sides=0.25, width=0.008, lift=0.05, volume=0.004,
        fuzz=0.03, gather=(0.725, -0.088), tail=0.26,
    ),
    "bun": Style(
        0.8, 0.08, curl=(0.0, 0.6), clumps=640, points=8, top=0.25, sides=0.25, width=0.008, lift=0.05, volume=0.004,
        fuzz=0.03, gather=(0.745, -0.082), tail=0.0,
    ),
    "locs": Style(
        0.3, 0.35, curl=(0.8, 1.0), clumps=300, points=9, top=0.30, sides=0.26, width=0.012, lift=0.3, volume=0.020,
        parting=0.01, sweep=(0.0, 0.0, -0.35), fall=0.05, cut=0.53, fuzz=0.10, wave=0.002, over_ears=True, blunt=0.8,
    ),
}  # fmt: skip
"""Scalp hair by the key that ``Appearance.hair_style`` holds."""

FACIAL_HAIR: dict[str, FacialHair] = {
    "none": FacialHair(5.0, ages=(0.0, 1.0)),
    "stubble": FacialHair(1.5, shadow=0.6),
    "moustache": FacialHair(0.4, moustache=0.0052),
    "goatee": FacialHair(0.5, moustache=0.0046, chin=0.010, shadow=0.2),
    "short_beard": FacialHair(1.2, moustache=0.0046, chin=0.007, cheeks=0.006, shadow=0.8),
    "full_beard": FacialHair(0.9, moustache=0.0068, chin=0.022, cheeks=0.013, shadow=0.9, ages=(0.62, 1.0)),
}
"""Facial hair by the key that ``Appearance.facial_hair`` holds."""
