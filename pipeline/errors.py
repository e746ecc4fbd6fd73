"""Errors of the stages and the command line.

PipelineError(ValueError)
├── ParamsError           params.yaml cannot be read, or says something impossible
├── StageError            a stage cannot do its work: an input is absent, too much was lost
├── ExecutorError         the workers lost more samples than is allowed, or cannot start at all
└── MissingLibraryError   a system library is absent
"""

from typing import ClassVar


class PipelineError(ValueError):
    """Something that a user can cause and mend stopped the pipeline."""

    exit_code: ClassVar[int] = 1


class ParamsError(PipelineError):
    """The file params.yaml cannot be read, or says something impossible."""

    exit_code: ClassVar[int] = 2


class StageError(PipelineError):
    """A stage cannot do its work: an input is absent, too much was lost."""


class ExecutorError(PipelineError):
    """The workers lost more samples than is allowed, or cannot start at all."""


class MissingLibraryError(PipelineError):
    """A system library is absent."""
