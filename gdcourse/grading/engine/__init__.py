"""A warm process that marks one notebook after the other: its near end, with whoever asks, and its far end, which forks."""
