"""The dataset quality page: what is in some sets, whether it can be trained on, and what is missing."""
