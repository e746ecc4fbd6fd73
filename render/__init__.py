"""From a sample specification to pixels and labels."""
