"""Self-check of notebook 0."""

from helpers.exercises import UNANSWERED, self_check

PHOTOGRAPHS = 1_000_000


@self_check
def enough_for_a_million(enough):
    """enough: how many answers, each of which halves what is left, find one of a million photographs."""
    if enough == 10:
        return UNANSWERED
    if 2**enough < PHOTOGRAPHS:
        return f"{enough} answers can't tell a million days apart. How many can they?"
    if 2 ** (enough - 1) >= PHOTOGRAPHS:
        return "that is enough, but fewer are enough too."
    return None
