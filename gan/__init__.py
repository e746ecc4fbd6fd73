"""What every GAN shares: batches, loop, losses, metrics."""
