"""What the runs of many strategies say together: curves, and differences from one of them, pool by pool."""

import numpy as np
import pandas as pd
from scipy.stats import sem, t

from helpers.lessons.tables import by_row
from helpers.strategies import checked_strategy, find, name_of
from helpers.studies import stats
from helpers.studies.study import grid, study
from helpers.studies.trials import strategy_trial


def curves_of(runs, column="accuracy"):
    """Learning curves of a table that `study` gave: the labels (n,), and strategy -> (pools, n), pools in order."""
    table = runs.pivot(index=["strategy", "seed"], columns="labels", values=column)
    names = runs.strategy.unique()
    return table.columns.to_numpy(), {name: table.loc[name].to_numpy() for name in names}


def differences(values, rival="random"):
    """Each strategy's difference from the rival, in points, pool by pool: a row a strategy, see `together`.

    values: strategy -> (pools,), shares from 0 to 1, the same pools for all.
    """
    return together({name: (mine, values[rival]) for name, mine in values.items() if name != rival})


def together(pairs):
    """Differences in points, pool by pool, and their tests as one family: a table with a row for each of `pairs`.

    pairs: name -> (mine, rival), two (pools,), shares from 0 to 1 on the same pools. Columns: mean of the first;
    difference, low, high, its 95 % interval (Student's t for pairs); wins, the share of pools on which it is better, a
    tie counts half; p, of the paired t-test, adjusted for testing all rows (Holm 1979).
    """
    rows = {}
    for name, (mine, rival) in pairs.items():
        pair = stats.paired(mine, rival)
        points = {"difference": pair.difference, "low": pair.low, "high": pair.high}
        rows[name] = {"mean": np.mean(mine)} | points | {"wins": pair.wins, "p": pair.p}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table[["mean", "difference", "low", "high"]] *= 100
    return table.assign(p=stats.holm(table.p.to_numpy()))


def in_words(found, digits=2):
    """A difference and its interval, such as +1.99 [+1.63, +2.35]. found: has difference, low, high, in points."""
    return "{} [{}, {}]".format(*(f"{one:+.{digits}f}" for one in (found.difference, found.low, found.high)))


def shown(differences):
    """The same for a reader: the interval in brackets, and small p-values as such."""
    rows = {
        name: [
            f"{row['mean']:.2f}%",
            in_words(row),
            f"{row.wins:.0%}",
            "< 0.0001" if row.p < 0.0001 else f"{row.p:.4f}",
        ]
        for name, row in differences.iterrows()
    }
    return by_row(rows, ["mean", "difference [95% interval]", "wins", "p"])


def bands(curves, rival="random"):
    """For a figure: strategy -> (mean, low, high), (n,) each, of its difference from the rival along the labels."""
    leads = {name: curve - curves[rival] for name, curve in curves.items() if name != rival}
    return {name: np.array(_interval(lead)) for name, lead in leads.items()}


def _interval(values):
    mean, width = values.mean(axis=0), t.ppf(0.975, len(values) - 1) * sem(values)
    return mean, mean - width, mean + width


def race(strategy, runs, pools=10, name="my strategy", **where):
    """Run a reader's strategy on the first `pools` pools of a race; return its runs and those of the others there.

    strategy: a function of what it names, see `helpers.strategies`. runs: the race's table, as `study` gave it.
    where: as `study` takes it. Raises ValueError for a strategy that is none, before anything runs.
    """
    checked_strategy(find(strategy))
    kept = [column for column in ("n_pool", "n_labels", "model", "data_file") if column in runs]
    settings = {column: runs[column].iloc[0] for column in kept}
    settings = {column: value.item() if hasattr(value, "item") else value for column, value in settings.items()}
    seeds = sorted(runs.seed.unique().tolist())[:pools]
    mine = study(strategy_trial, grid(strategy=[strategy], seed=seeds, **settings), name, **where)
    called = name_of(strategy)
    others = runs[runs.seed.isin(seeds) & (runs.strategy != called)]
    return pd.concat([others, mine.assign(strategy=called)], ignore_index=True)
