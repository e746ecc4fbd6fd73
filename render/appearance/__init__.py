"""What surfaces look like: skin, lips, brows, hair, eyes, teeth and clothes as textures."""
