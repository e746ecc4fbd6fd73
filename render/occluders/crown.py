"""What sits on the top of a head: the dome that caps, hats and beanies share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.occluders.envelope import Envelope, around_centre
from render.occluders.head import Head

Points = npt.NDArray[np.float64]

TOP = np.pi / 2 - 0.01
TURNS = 97


@dataclass(frozen=True)
class Crown:
    """A dome over the scalp, head's frame.

    Attributes:
        around: the head's envelope.
        front: elevation of the rim in front, radians.
        back: elevation of the rim behind.
        turn: by how much it sits askew, radians.
        away: distance from the head, metres.
    """

    around: Envelope
    front: float
    back: float
    turn: float
    away: float

    @classmethod
    def on(cls, head: Head, front: float, back: float, turn: float, away: float, smooth: float = 1.6) -> "Crown":
        """Returns the dome on one head."""
        return cls(around_centre(head.points, smooth), front, back, turn, away)

    def rim(self, turn: Points) -> Points:
        """Returns the elevation of the rim at azimuths (...) from its own front."""
        return np.asarray(self.front + (self.back - self.front) * (1 - np.cos(turn)) / 2)

    def dome(self, rows: int, bulge: float = 0.0, steep: float = 1.2) -> Points:
        """Returns the (rows, TURNS, 3) surface from the top to the rim.

        Args:
            rows: of the surface.
            bulge: how much further it stands off halfway up, metres.
            steep: exponent that moves rows towards the rim.
        """
        turn = np.linspace(-np.pi, np.pi, TURNS)
        up = 1 - np.linspace(0, 1, rows)[:, None] ** steep
        elevation = self.rim(turn) + up * (TOP - self.rim(turn))
        turns = np.broadcast_to(turn, elevation.shape) + self.turn
        surface = self.around.placed(turns, elevation, self.away)
        length = np.linalg.norm(surface, axis=-1, keepdims=True)
        return np.asarray(surface * (1 + bulge * np.sin(np.pi * np.sqrt(up))[..., None] / length))

    def edge(self, turn: Points, lower: float = 0.0, away: float = 0.0) -> Points:
        """Returns points (..., 3) of the rim at azimuths (...), lowered by an angle and further off by a length."""
        return self.around.placed(turn + self.turn, self.rim(turn) - lower, self.away + away)
