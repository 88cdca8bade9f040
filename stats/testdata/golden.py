"""Writes python.json: samples like those of runs, and what SciPy, statsmodels, lifelines
and scikit-posthocs make of them. golden.R reads its samples and writes r.json.

    pip install scipy==1.17.1 statsmodels==0.15.0 lifelines==0.30.3 scikit-posthocs==0.17.1
    python stats/testdata/golden.py
"""

import json
import pathlib
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import scikit_posthocs
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test, multivariate_logrank_test
from lifelines.utils import median_survival_times, restricted_mean_survival_time
from scipy import stats
from statsmodels.formula.api import mixedlm, ols
from statsmodels.stats.anova import AnovaRM
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

SEED = 20261125
g = np.random.default_rng(SEED)
warnings.simplefilter("ignore")


def trials(p, n=2560):
    """Accuracies as test trials give them."""
    return (g.binomial(n, np.clip(p, 0, 1)) / n).tolist()


shared = g.normal(0, 0.02, 20)
pairs = {
    "accuracy20": (trials(0.80 + shared), trials(0.785 + shared + g.normal(0, 0.02, 20))),
    "accuracy6": (trials(0.9 + g.normal(0, 0.02, 6)), trials(0.87 + g.normal(0, 0.02, 6))),
    "ceiling": ([1.0, 1.0, 0.996, 1.0, 0.992, 1.0, 1.0, 0.988, 0.996, 1.0, 0.984, 1.0],
                [1.0, 0.992, 1.0, 0.996, 0.992, 0.98, 1.0, 0.984, 1.0, 0.992, 0.98, 0.996]),
    "whole": ([float(v) for v in g.integers(0, 9, 15)], [float(v) for v in g.integers(1, 11, 15)]),
    "skewed60": (np.round(g.lognormal(0, 1, 60), 1).tolist(), np.round(g.lognormal(0.2, 0.8, 60), 1).tolist()),
    "spreads": (g.normal(0.5, 0.001, 10).round(5).tolist(), g.normal(0.47, 0.06, 10).round(5).tolist()),
    "three": (trials(np.full(3, 0.7)), trials(np.full(3, 0.6))),
    "two": ([0.51, 0.62], [0.48, 0.61]),
}


def lists(x):
    return np.asarray(x, float).tolist()


def pair(a, b):
    a, b = np.array(a), np.array(b)
    d = a - b
    n = len(d)
    out = {"a": lists(a), "b": lists(b)}
    left = np.abs(d[d != 0])
    if n > 50:
        w = stats.wilcoxon(d, correction=True, method="asymptotic", alternative="two-sided")
    elif len(left) == n and len(np.unique(left)) == n:
        w = stats.wilcoxon(d, method="exact")
    else:
        w = None  # R's coin has the exact distribution with ties
    if w is not None:
        out["wilcoxon_p"] = float(w.pvalue)
    out["w_plus"] = float(stats.rankdata(left)[d[d != 0] > 0].sum())
    if n <= 12:
        p = stats.permutation_test((d,), lambda x, axis: np.mean(x, axis), permutation_type="samples",
                                   n_resamples=np.inf, vectorized=True)
        out["signs_p"] = p.pvalue
    elif n <= 20:  # the same, all signs in one array
        signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.int8)
        sums = np.abs(signs.astype(float) @ d)
        out["signs_p"] = float(np.mean(sums >= abs(d.sum()) - 1e-12))
    if n <= 10:
        p = stats.permutation_test((a, b), lambda x, y, axis: np.mean(x, axis) - np.mean(y, axis),
                                   n_resamples=np.inf, vectorized=True)
        out["split_p"] = p.pvalue
    out["walsh"] = float(np.median([(d[i] + d[j]) / 2 for i in range(n) for j in range(i, n)]))
    out["shift"] = float(np.median(np.subtract.outer(a, b)))
    sa, sb = a.std(ddof=1), b.std(ddof=1)
    out["g_av"] = float(d.mean() / ((sa + sb) / 2) * (1 - 3 / (4 * 2 * n - 9)))
    out["tost_p"] = ttost_paired(a, b, -0.03, 0.03)[0]
    out["u"], out["u_p"] = (float(v) for v in stats.mannwhitneyu(a, b))
    if n >= 3:
        out["shapiro"] = [float(v) for v in stats.shapiro(d)]
        out["brown_forsythe"] = [float(v) for v in stats.levene(a, b, center="median")]
    return out


groups = {
    "models": [trials(0.8 + g.normal(0, 0.01, 9)), trials(0.82 + g.normal(0, 0.01, 7)), trials(0.79 + g.normal(0, 0.03, 12)), trials(0.84 + g.normal(0, 0.01, 5))],
    "ties": [[1, 2, 2, 3, 3], [2, 2, 4, 5], [3, 3, 3, 6, 7, 7]],
}


def several(sets):
    p_mw = [stats.mannwhitneyu(sets[i], sets[j]).pvalue for i in range(len(sets)) for j in range(i + 1, len(sets))]
    dunn = scikit_posthocs.posthoc_dunn(sets, p_adjust="holm").to_numpy()
    raw = scikit_posthocs.posthoc_dunn(sets).to_numpy()
    upper = np.triu_indices(len(sets), 1)
    return {"groups": [lists(s) for s in sets], "kruskal": [float(v) for v in stats.kruskal(*sets)],
            "mann_whitney_holm": lists(multipletests(p_mw, method="holm")[1]),
            "dunn": lists(raw[upper]), "dunn_holm": lists(dunn[upper]),
            "brown_forsythe": [float(v) for v in stats.levene(*sets, center="median")]}


base = g.normal(0, 0.02, 12)[:, None]
blocks = {
    "models": np.array(trials(0.8 + base + np.array([0, 0.01, 0.02, -0.01, 0.03]) + g.normal(0, 0.015, (12, 5)))),
    "ties": g.integers(0, 4, (8, 3)).astype(float),
}


def block(x):
    upper = np.triu_indices(x.shape[1], 1)
    return {"blocks": x.tolist(), "friedman": [float(v) for v in stats.friedmanchisquare(*x.T)],
            "nemenyi": lists(scikit_posthocs.posthoc_nemenyi_friedman(x).to_numpy()[upper])}


def factorial():
    y = np.array(trials(0.75 + g.normal(0, 0.02, (11, 1)) + np.array([0, 0.03, 0.0, 0.02, 0.01, 0.05, 0.01, 0.08]) + g.normal(0, 0.01, (11, 8))))
    rows = [{"seed": s, "F": c & 1, "G": c >> 1 & 1, "H": c >> 2 & 1, "y": y[s, c]} for s in range(11) for c in range(8)]
    table = AnovaRM(pd.DataFrame(rows), "y", "seed", within=["F", "G", "H"]).fit().anova_table
    return {"y": y.tolist(), "names": [n.replace(":", " × ") for n in table.index], "f": lists(table["F Value"]), "p": lists(table["Pr > F"])}


def lifetimes(n, scale, limit):
    t = np.round(g.exponential(scale, n), 1)
    return [[float(min(v, limit)), bool(v <= limit)] for v in t]


times = {
    "some censored": [lifetimes(20, 3, 8), lifetimes(20, 5, 8)],
    "three": [lifetimes(12, 2, 6), lifetimes(15, 3, 6), lifetimes(9, 9, 6)],
    "few reach it": [lifetimes(8, 20, 5), lifetimes(8, 4, 5)],
    "small": [[[1, True], [2, True], [2, False], [3, True]], [[2, True], [4, False], [4, True], [5, False]]],
}


def survival(sets, horizon):
    t, e, which = [], [], []
    out = {"groups": sets, "horizon": horizon, "median": [], "restricted_mean": []}
    for i, s in enumerate(sets):
        k = KaplanMeierFitter().fit([v[0] for v in s], [v[1] for v in s])
        m = k.median_survival_time_
        out["median"].append(None if np.isinf(m) else float(m))
        out["restricted_mean"].append(float(restricted_mean_survival_time(k, t=horizon)))
        t += [v[0] for v in s]
        e += [v[1] for v in s]
        which += [i] * len(s)
    r = multivariate_logrank_test(t, which, e)
    out["log_rank"] = [float(r.test_statistic), float(r.p_value)]
    return out


def ancova():
    xa, xb = g.uniform(0.7, 0.9, 15).round(4), g.uniform(0.75, 0.95, 12).round(4)
    ya, yb = (0.2 + 0.5 * xa + g.normal(0, 0.02, 15)).round(4), (0.15 + 0.5 * xb + g.normal(0, 0.02, 12)).round(4)
    t = pd.DataFrame({"y": np.r_[ya, yb], "x": np.r_[xa, xb], "a": np.r_[np.ones(15), np.zeros(12)]})
    f, both = ols("y ~ a + x", t).fit(), ols("y ~ a * x", t).fit()
    n = 12
    blocked = pd.DataFrame({"y": np.r_[ya[:n], yb], "x": np.r_[xa[:n], xb], "a": np.repeat([1, 0], n), "seed": np.tile(np.arange(n), 2)})
    p = ols("y ~ a + x + C(seed)", blocked).fit()
    row = lambda f, k: [f.params[k], f.bse[k], f.pvalues[k], *f.conf_int().loc[k]]
    return {"ya": lists(ya), "xa": lists(xa), "yb": lists(yb), "xb": lists(xb), "difference": lists(row(f, "a")), "slope": lists(row(f, "x")),
            "parallel_p": float(both.pvalues["a:x"]), "blocked": lists(row(p, "a"))}


circuits = {
    "six": [g.normal(0.02 + m, 0.02, n).round(5).tolist() for m, n in zip(g.normal(0, 0.02, 6), [10, 8, 12, 5, 9, 10])],
    "two": [g.normal(m, 0.02, 10).round(5).tolist() for m in (0.04, 0.01)],
    "alike": [g.normal(0.02, 0.03, 8).round(5).tolist() for _ in range(4)],
}


def mixed(sets):
    t = pd.DataFrame([{"g": i, "y": v} for i, s in enumerate(sets) for v in s])
    f = mixedlm("y ~ 1", t, groups=t["g"]).fit(reml=True)
    return {"groups": sets, "mean": float(f.params["Intercept"]), "se": float(f.bse["Intercept"]), "within": float(f.scale), "between": float(f.cov_re.iloc[0, 0])}


p_values = [0.001, 0.04, 0.03, 0.03, 0.2, 0.9, 0.012, 0.0004]
power = TTestPower()
out = {
    "note": "written by golden.py",
    "versions": {n: version(n) for n in ("numpy", "scipy", "statsmodels", "lifelines", "scikit-posthocs")},
    "seed": SEED,
    "pairs": {k: pair(*v) for k, v in pairs.items()},
    "several": {k: several(v) for k, v in groups.items()},
    "blocks": {k: block(v) for k, v in blocks.items()},
    "factorial": factorial(),
    "survival": {k: survival(v, h) for (k, v), h in zip(times.items(), (8.0, 6.0, 5.0, 5.0))},
    "ancova": ancova(),
    "mixed": {k: mixed(v) for k, v in circuits.items()},
    "multiple": {"p": p_values, "holm": lists(multipletests(p_values, method="holm")[1]), "bh": lists(multipletests(p_values, method="fdr_bh")[1])},
    "rates": [{"hits": k, "trials": n, "level": level,
               "clopper_pearson": [float(v) for v in proportion_confint(k, n, 1 - level, "beta")],
               "wilson": [float(v) for v in proportion_confint(k, n, 1 - level, "wilson")]}
              for k, n, level in ((0, 20, 0.95), (1, 20, 0.95), (7, 24, 0.9), (20, 20, 0.95), (500, 1000, 0.99), (0, 1, 0.95))],
    "power": [{"d": d, "n": n, "alpha": a, "power": float(power.power(d, n, a))}
              for d, n, a in ((0.5, 2, 0.05), (2.0, 2, 0.05), (1.0, 3, 0.05), (0.5, 20, 0.05), (0.3, 200, 0.01), (0.02, 50000, 0.05))],
    "shapiro": [{"x": x, "w_p": [float(v) for v in stats.shapiro(x)]} for x in (
        [1.0, 2.0, 4.0], [0.1, 0.1, 0.1, 0.9], np.round(g.exponential(1, 11), 3).tolist(), np.round(g.normal(0, 1, 12), 3).tolist(), np.round(g.exponential(1, 100), 3).tolist())],
}


def finite(x):
    """NaN becomes null."""
    if isinstance(x, dict):
        return {k: finite(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [finite(v) for v in x]
    if isinstance(x, (float, np.floating)):
        return float(x) if np.isfinite(x) else None
    return x


here = pathlib.Path(__file__).parent
(here / "python.json").write_text(json.dumps(finite(out), indent=1, ensure_ascii=False) + "\n")
