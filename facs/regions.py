"""Face regions an Action Unit can move, as named groups of segments.

Region names are used by labels (is this AU's region visible?) and by reports.
"""

REGIONS: dict[str, tuple[str, ...]] = {
    "brow": ("brow_left", "brow_right", "forehead"),
    "eye": ("eye_left", "eye_right", "lid_left", "lid_right"),
    "cheek": ("cheek_left", "cheek_right"),
    "nose": ("nose",),
    "mouth": ("upper_lip", "lower_lip", "inner_mouth"),
    "chin": ("chin", "lower_lip"),
    "jaw": ("chin", "lower_lip", "inner_mouth"),
    "head": ("whole face",),
}
"""Parts of the face that take part in each region."""
