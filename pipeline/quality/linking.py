"""How merging will split people, as the params say."""

from faceset.duplicates import Alike
from faceset.links import read_same_people
from pipeline.params import Params
from pipeline.quality.divided import Linking


def linking_of(params: Params) -> Linking:
    """Returns the rules of the splits.

    Raises:
        LinkError: the table of equal identities cannot be read.
    """
    splits = params.splits
    alike = None if splits.near_distance is None else Alike(splits.near_distance, splits.near_correlation)
    same_people = read_same_people(params.paths.same_people)
    return Linking(params.seed, splits.fractions, alike, splits.same_names, same_people)
