"""Small statistics."""


def average(values):
    """The arithmetic mean; 0 for no values."""
    if not values:
        return 0
    return sum(values) / len(values)


def median(values):
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 0:
        return (ordered[middle - 1] + ordered[middle]) / 2
    return ordered[middle]


def spread(values):
    """Largest minus smallest."""
    return max(values) - min(values)
