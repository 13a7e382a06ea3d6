"""The same trial as in study_library.py, by this project.

usage: study_ours.py STRATEGY SEED
"""

import json
import sys
import time

from helpers.studies.trials import strategy_trial

strategy, seed = sys.argv[1], int(sys.argv[2])
strategy_trial("random", seed, n_pool=100, n_labels=10)  # reads the data, which is not timed
start = time.process_time()
rows = strategy_trial(strategy, seed)
seconds = time.process_time() - start
picks = [int(pick) for row in rows for pick in row["picks"].split()]
print(json.dumps({"seconds": seconds, "accuracies": [row["accuracy"] for row in rows], "picks": picks}))
