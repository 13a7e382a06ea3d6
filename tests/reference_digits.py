"""scikit-learn's handwritten digits, 8 x 8 pixels with 17 gray levels. usage: reference_digits.py IN.npz OUT.npz"""

import sys

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
np.savez(sys.argv[2], x=digits.images, y=digits.target)
