"""The project in one table: strategy x model x start x data, from the rows in results/. For others to cite.

`python -m helpers.studies.summary` writes results/summary.csv anew; `make study` does so at its end.
"""

import json
from pathlib import Path

import pandas as pd

from helpers.files import write
from helpers.models import L2
from helpers.studies import results, stats
from helpers.studies.better_models import SIZES
from helpers.studies.compare import in_words

SUMMARY = results.RESULTS / "summary.csv"
BUDGETS = (50, 100, 200, 400, 800)
WHAT = ["data", "labeler", "model", "start", "batch", "measure", "labels"]
COLUMNS = [*WHAT, "strategy", "pools", "accuracy", "difference", "low", "high", "study"]
# In these trials a strategy meets random labels.
TRIALS = ("article_trial", "training_trial", "strategy_trial", "world_trial", "better_trial")
MEASURES = {"held_out": "accuracy", "balanced": "balanced accuracy", "accuracy": "accuracy"}
OF_MODEL = {"softmax": "softmax, convex", "network": "network, transformed images"}
OF_MODEL |= {"plain network": "network, images as they are"}


def summary(folder=results.RESULTS):
    """A row for each strategy in each setting in which it met random labels, at BUDGETS labels; columns COLUMNS.

    accuracy: mean over the pools, in percent, on images that decide nothing; measure says which accuracy. difference,
    low, high: from random labels on the same pools, in points, with its 95 % interval (Student's t for pairs), not
    adjusted for how many rows there are. study: the file that the strategy's runs are in, or most of them.
    """
    paths = (path for path in sorted(Path(folder).glob("*.parquet")) if _manifest(path)["trial"] in TRIALS)
    runs = pd.concat(sorted(map(_runs_of, paths), key=len, reverse=True))
    runs = runs.drop_duplicates([*WHAT, "strategy", "seed"])  # runs that two studies share
    rows = [row for what, part in runs.groupby(WHAT) for row in _rows_of(what, part)]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values([*WHAT, "strategy"], ignore_index=True)


def overview(labels, strategies, path=SUMMARY):
    """The differences at so many labels as text: a row for each data, model, start, batch, a column a strategy.

    Humans who err are left out; a strategy that was not tried somewhere has None there.
    """
    table = pd.read_csv(path)
    table = table[(table.labels == labels) & (table.labeler == "always right") & table.strategy.isin(strategies)]
    batch = table.batch.str.replace("up to .*", "growing", regex=True)
    of = table.data + table.measure.map({"accuracy": "", "balanced accuracy": ", balanced"}) + ": " + table.model
    table = table.assign(of=of + "; " + table.start + "; " + batch)
    table["found"] = [in_words(row, digits=1) for row in table.itertuples()]
    return table.pivot(index="of", columns="strategy", values="found")[strategies].rename_axis(index=None, columns=None)


def as_csv(table):
    """The table as a text, numbers with two decimals."""
    return table.to_csv(index=False, float_format="%.2f", lineterminator="\n")


def _manifest(path):
    manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return manifest | {"trial": manifest["trial"].rpartition(".")[2]}


def _runs_of(path):
    """The runs of a study at BUDGETS labels: WHAT, strategy, seed, share, study."""
    table, trial = pd.read_parquet(path), _manifest(path)["trial"]
    settings = {text: json.loads(text) for text in table.setting.unique()}
    about = pd.DataFrame({text: _about(setting, trial) for text, setting in settings.items()}).T
    table = table.join(about, on="setting")
    share = next(column for column in MEASURES if column in table)
    if "learner" in table:
        table = table.assign(model=_learners(table))
    table = table.assign(measure=MEASURES[share], share=table[share].astype(float), study=path.stem)
    return table[table.labels.isin(BUDGETS)][[*WHAT, "strategy", "seed", "share", "study"]]


def _rows_of(what, runs):
    of_each = runs.pivot(index="strategy", columns="seed", values="share")
    if "random" not in of_each.index:
        return
    for strategy, mine in of_each.iterrows():
        pools = of_each.columns[mine.notna() & of_each.loc["random"].notna()]
        pair = stats.paired(mine[pools], of_each.loc["random", pools])
        points = [100 * value for value in (mine[pools].mean(), *pair[:3])]
        points = [*points[:1], None, None, None] if strategy == "random" else points
        yield [*what, strategy, len(pools), *points, runs[runs.strategy == strategy].study.mode()[0]]


def _learners(table):
    """The models of notebook 10: who learned is not always who chose, and not always from labels alone."""
    learner, chooser = table.learner.map(OF_MODEL), table.model.map(OF_MODEL)
    chosen = (", labels chosen by " + table.model).where(learner != chooser, "")
    return learner + chosen + (", " + table.unlabeled).where(table.unlabeled != "none", "")


def _about(setting, trial):
    """What a setting says about data, labeler, model and start, in words."""
    model = OF_MODEL["softmax"]
    if trial == "better_trial":
        model = setting["model"]
    elif trial == "article_trial" or setting.get("training", "convex") != "convex":
        images = "bought labels" if setting.get("stop_on") == "own labels" else "test images"
        model = f"softmax, stopped on {setting.get('n_stop', 400)} {images}"
        model += ", from zero each round" if setting.get("training") == "from zero" else ""
        model += ", 64 bits" if setting.get("dtype") == "float64" else ""
    elif setting.get("l2", L2) != L2:
        model += f", penalty {setting['l2']:g}"
    error, votes = setting.get("error", 0), setting.get("votes", 1)
    labeler = f"{error:.0%} wrong ({setting.get('mistakes', 'random')})" if error else "always right"
    batch = str(setting.get("batch_size", 10))
    if trial == "better_trial":
        batch = "up to " + ", ".join(map(str, setting.get("sizes", SIZES)))
    of_7 = "MNIST, pools of notebook 7" if trial in ("article_trial", "training_trial") else "MNIST"
    return {
        "data": setting.get("world", of_7),
        "labeler": labeler + (f", {votes} labels an image" if votes > 1 else ""),
        "model": model,
        "start": f"{setting.get('n_first', 10)} {setting.get('first', 'random')}",
        "batch": batch,
        "strategy": setting["strategy"],
        "seed": setting["seed"],
    }


if __name__ == "__main__":
    write(as_csv(summary()), SUMMARY)
