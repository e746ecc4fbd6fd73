"""Errors of the data layer.

FacesetError(ValueError)
├── SpecError           a sample specification that cannot be read
├── SampleError         arrays that do not fit the channel table
├── ShardError          a shard that is truncated, foreign or altered
│   └── StorageError    a shard that cannot be written: the disk is full, read-only or failing
├── BusyError           a file or folder that another run is using
├── LinkError           a table of equal identities that cannot be read
├── SourceError         a foreign release (EmotioNet, OpenFace …) that cannot be read
├── StatisticsError     statistics of labels that cannot be read or are impossible
├── ExportError         faces that cannot be written in a foreign format
└── FactsError          facts about a set that are missing or of no use
"""


class FacesetError(ValueError):
    """Something is wrong with stored faces or with how they are described."""


class SpecError(FacesetError):
    """A sample specification that cannot be read."""


class SampleError(FacesetError):
    """Arrays that do not fit the channel table."""


class ShardError(FacesetError):
    """A shard that is truncated, foreign or altered."""


class StorageError(ShardError):
    """A shard that cannot be written: the disk is full, read-only or failing."""


class BusyError(FacesetError):
    """A file or folder that another run is using."""


class LinkError(FacesetError):
    """A table of equal identities that cannot be read."""


class SourceError(FacesetError):
    """A foreign release (EmotioNet, OpenFace …) that cannot be read."""


class StatisticsError(FacesetError):
    """Statistics of labels that cannot be read or are impossible."""


class ExportError(FacesetError):
    """Faces that cannot be written in a foreign format."""


class FactsError(FacesetError):
    """Facts about a set that are missing or of no use."""
