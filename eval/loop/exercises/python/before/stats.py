"""Small statistics."""


def average(values):
    """The arithmetic mean; 0 for no values."""
    return sum(values) / len(values)


def median(values):
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle]


def spread(values):
    """Largest minus smallest."""
    return max(values) - min(values)
