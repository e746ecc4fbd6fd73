"""Which expression a photograph shows: detection, landmarks, alignment and Action Unit estimation."""
