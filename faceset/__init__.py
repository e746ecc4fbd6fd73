"""What one labelled face is, how it is stored and described."""
