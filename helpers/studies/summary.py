"""The project in one table: strategy x model x start x data, from the rows in results/. For others to cite.

`python -m helpers.studies.summary` writes results/summary.csv anew; `make study` does so at its end.
"""

import json
from pathlib import Path

import pandas as pd

from helpers.models import L2
from helpers.provenance import write
from helpers.studies import results, stats

SUMMARY = results.RESULTS / "summary.csv"
BUDGETS = (50, 100, 200, 400)
WHAT = ["data", "labeler", "model", "start", "batch", "labels"]
COLUMNS = [*WHAT, "strategy", "pools", "accuracy", "difference", "low", "high", "study"]
TRIALS = ("article_trial", "strategy_trial", "world_trial")  # those in which a strategy meets random labels


def summary(folder=results.RESULTS):
    """A row for each strategy in each setting in which it met random labels, at BUDGETS labels; columns COLUMNS.

    accuracy: mean over the pools, in percent, on images that decide nothing; where classes are rare it is the balanced
    one. difference, low, high: from random labels on the same pools, in points, with its 95 % interval (Student's t for
    pairs), not adjusted for how many rows there are.
    """
    rows = [row for path in sorted(Path(folder).glob("*.parquet")) for row in _rows_of(path)]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values([*WHAT, "strategy", "study"], ignore_index=True)


def as_csv(table):
    """The table as a text, numbers with two decimals."""
    return table.to_csv(index=False, float_format="%.2f", lineterminator="\n")


def _rows_of(path):
    manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if manifest["trial"].rpartition(".")[2] not in TRIALS:
        return
    table = pd.read_parquet(path)
    settings = {text: json.loads(text) for text in table.setting.unique()}
    about = pd.DataFrame({text: _about(setting, manifest["trial"]) for text, setting in settings.items()}).T
    table = table.join(about, on="setting")
    share = "held_out" if "held_out" in table else "balanced" if "balanced" in table else "accuracy"
    at_budgets = table[table.labels.isin(BUDGETS)]
    for what, part in at_budgets.groupby(WHAT):
        of_each = part.pivot(index="strategy", columns="seed", values=share)
        if "random" not in of_each.index:
            continue
        for strategy, mine in of_each.iterrows():
            pools = of_each.columns[mine.notna() & of_each.loc["random"].notna()]
            pair = stats.paired(mine[pools].astype(float), of_each.loc["random", pools].astype(float))
            points = [100 * value for value in (mine[pools].mean(), *pair[:3])]
            points = [*points[:1], None, None, None] if strategy == "random" else points
            yield [*what, strategy, len(pools), *points, path.stem]


def _about(setting, trial):
    """What a setting says about data, labeler, model and start, in words."""
    article = trial.endswith("article_trial")
    penalty = "" if setting.get("l2", L2) == L2 else f", penalty {setting['l2']:g}"
    training = f"stopped on {setting.get('stop_on', 'test images')}" if article else f"convex{penalty}"
    error, votes = setting.get("error", 0), setting.get("votes", 1)
    labeler = f"{error:.0%} wrong ({setting.get('mistakes', 'random')})" if error else "always right"
    batch = setting.get("batch_size", 10)
    return {
        "data": setting.get("world", "MNIST"),
        "labeler": labeler + (f", {votes} labels an image" if votes > 1 else ""),
        "model": f"{setting.get('model', 'softmax')}, {training}",
        "start": f"{setting.get('n_first', batch)} {setting.get('first', 'random')}",
        "batch": batch,
        "strategy": setting["strategy"],
        "seed": setting["seed"],
    }


if __name__ == "__main__":
    write(as_csv(summary()), SUMMARY)
