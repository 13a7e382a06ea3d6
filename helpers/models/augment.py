"""Images that are shifted, turned, scaled and slanted a little: what a label does not depend on. NumPy only."""

import numpy as np

SHIFT, TURN, SCALE, SLANT = 3.0, 0.25, 0.2, 0.2  # at most: pixels, radians, log of the factor, part of the height


def transforms(rng, n, side, strength=1.0):
    """n random maps from the pixels of an image to where each is looked up in the original, (n, 8): the numbers that
    TensorFlow's ImageProjectiveTransform takes. side: of the image, which may be (height, width). strength: 0 changes
    nothing.

    A row a, b, c, d, e, f, 0, 0 looks up pixel (x, y) at (ax + by + c, dx + ey + f).
    """
    height, width = np.broadcast_to(side, 2)
    turn, slant = strength * rng.uniform(-TURN, TURN, n), strength * rng.uniform(-SLANT, SLANT, n)
    wide, high = np.exp(strength * rng.uniform(-SCALE, SCALE, (2, n)))
    cos, sin = np.cos(turn), np.sin(turn)
    lookup = np.array([[cos / wide, slant - sin / wide], [sin / high, cos / high]]).transpose(2, 0, 1)
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = middle - lookup @ middle + strength * rng.uniform(-SHIFT, SHIFT, (n, 2)) * np.array([width, height]) / 28
    return np.column_stack([lookup[:, 0], shift[:, 0], lookup[:, 1], shift[:, 1], np.zeros((n, 2))]).astype(np.float32)
