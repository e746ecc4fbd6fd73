"""Foreign releases of labelled photographs, read into one form (``faceset.sources.release``)."""
