"""Writes glasso.json: scikit-learn's GraphicalLassoCV on seeded data."""
import json, warnings
import numpy as np, sklearn
from sklearn.covariance import GraphicalLassoCV, graphical_lasso
warnings.simplefilter("ignore")
out = {"source": f"scikit-learn {sklearn.__version__} GraphicalLassoCV defaults, numpy {np.__version__}, seeds in cases", "cases": []}
# The last has fewer samples than rows.
for seed, n, t, tolerance in [(1, 12, 300, 1e-4), (2, 20, 300, 1e-4), (3, 40, 500, 2e-3), (4, 30, 25, 2e-3)]:
    r = np.random.default_rng(seed)
    L = np.eye(n) + .3 * r.normal(size=(n, n)) * (r.random((n, n)) < .1)
    X = np.round(r.normal(size=(t, n)) @ L.T, 3)
    m = GraphicalLassoCV().fit(X)
    fixed = graphical_lasso(np.cov(X.T, bias=True), alpha=.1)[1]
    out["cases"].append({"seed": seed, "x": X.T.tolist(), "alpha": float(m.alpha_), "precision": np.round(m.precision_, 8).tolist(),
                         "fixed": np.round(fixed, 8).tolist(), "tolerance": tolerance})
json.dump(out, open("glasso.json", "w"))
