"""Self-checks of the exercises, one module per notebook.

A check looks at properties of the reader's answer, mostly on tiny inputs, and says in one sentence what is wrong,
without giving the answer away. It never asks for digits that depend on a processor.
"""

from functools import wraps

import numpy as np

UNANSWERED = "not answered yet"


def self_check(check):
    """A function that prints what `check` finds: it returns None for a right answer, UNANSWERED, or a hint."""

    @wraps(check)
    def print_verdict(*answer):
        hint = check(*answer)
        print("Right." if hint is None else "Not answered yet." if hint == UNANSWERED else f"Not yet: {hint}")

    return print_verdict


def of_words(answer, words, right, hint):
    """The verdict on an answer that is one of a few words."""
    if answer is None:
        return UNANSWERED
    if answer not in words:
        return f"the answer is one of the words {', '.join(words)}."
    return None if answer == right else hint


def no_order(order, n):
    """A hint if `order` is no order of n images: each position once."""
    if order is None:
        return "the function returns nothing; end it with `return`."
    if sorted(np.ravel(order).tolist()) != list(range(n)):
        return f"the function should return each position from 0 to {n - 1} once: an order of the {n} images."
    return None
