"""Runs in .venv-reference: scikit-learn's KMeans. Arguments: an .npz with x, starts and seeds; the .npz to write."""

import sys

import numpy as np
from sklearn.cluster import KMeans

given = np.load(sys.argv[1])
x, starts = given["x"], given["starts"]
k = starts.shape[1]
same_start = [KMeans(k, init=start, n_init=1, algorithm="lloyd", tol=0).fit(x) for start in starts]
own_start = [KMeans(k, n_init=1, algorithm="lloyd", tol=0, random_state=int(seed)).fit(x) for seed in given["seeds"]]
np.savez(
    sys.argv[2],
    same_start=[fit.inertia_ for fit in same_start],
    labels=[fit.labels_ for fit in same_start],
    centroids=[fit.cluster_centers_ for fit in same_start],
    own_start=[fit.inertia_ for fit in own_start],
)
