"""Keras as the published notebook uses it: SimpleRNN and Dense with a recurrent
regulariser that computes the penalty through tf.linalg.expm, trained with fit. The
first argument is keras-xla for Keras' own choice, which compiles with XLA, or keras
for graphs without it, as TensorFlow ran them when the notebook was written."""

import sys
import time

import protocol

import numpy as np
import tensorflow as tf
from tensorflow import keras

if protocol.THREADS == "1":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


NAME = sys.argv[1]
NULLS, MEASURED = 1000, 20  # published null graphs, and those that are measured


class Penalty(keras.regularizers.Regularizer):
    """Keras keeps recurrent weights as [pre, post]."""

    def __init__(self, price, epsilon, spread):
        self.price, self.epsilon, self.spread = tf.constant(price.T), epsilon, spread

    def __call__(self, w):
        a = tf.abs(w)
        if not self.spread:
            return tf.reduce_sum(a * self.price)
        s = tf.reduce_sum(a, axis=1) + self.epsilon
        root = tf.linalg.diag(1 / tf.sqrt(s))
        spread = tf.linalg.expm(tf.matmul(tf.matmul(root, a), root))
        spread = tf.linalg.set_diag(spread, tf.zeros_like(s))
        return tf.reduce_sum(a * self.price * spread)


def model(n, steps, inputs, outputs, regulariser, noise=0.0, recurrent="orthogonal"):
    layers = [keras.Input((steps, inputs))]
    if noise:
        layers.append(keras.layers.GaussianNoise(noise))
    layers.append(keras.layers.SimpleRNN(n, activation="relu", recurrent_initializer=recurrent, recurrent_regularizer=regulariser))
    layers.append(keras.layers.Dense(outputs, activation="softmax"))
    m = keras.Sequential(layers)
    m.compile(optimizer=keras.optimizers.Adam(1e-3), loss="categorical_crossentropy", metrics=["accuracy"],
              jit_compile="auto" if NAME == "keras-xla" else False)
    return m


def update(folder, request):
    x, price, w, u, b, v, c = protocol.load(folder, "x", "price", "w", "u", "b", "v", "c")
    y = protocol.load(folder, "label")[0].astype(np.int64)
    x = np.ascontiguousarray(x.transpose(1, 0, 2))
    hot = np.eye(len(c), dtype=np.float32)[y]
    regulariser = Penalty(price, request["epsilon"], request["communicability"])
    m = model(w.shape[0], x.shape[1], x.shape[2], len(c), regulariser)
    m.set_weights([u.T, w.T, b, v.T, c])
    recurrent = m.trainable_weights[1]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.categorical_crossentropy(hot, m(x)))
        cost = regulariser(recurrent)
        total = loss + cost
    grad = tape.gradient(total, recurrent)
    x, hot = tf.constant(x), tf.constant(hot)
    m.train_on_batch(x, hot)
    protocol.save(folder, **{NAME + "_loss": loss, NAME + "_penalty": cost, NAME + "_grad": tf.transpose(grad),
                             NAME + "_stepped": tf.transpose(recurrent)})
    m.train_on_batch(x, hot)
    return lambda: m.train_on_batch(x, hot), {}


def run(folder, request):
    """A whole run: 10 epochs of 40 updates, validation after each, then the published
    measures with 1,000 random graphs; the time of a few of these is scaled up. What is
    left for a comparison are the measures of the weights at the start."""
    x, y, vx, vy, price, w = protocol.load(folder, "x", "y", "vx", "vy", "price", "w")
    hot, vhot = np.eye(int(y.max()) + 1, dtype=np.float32)[y.astype(int)], np.eye(int(y.max()) + 1, dtype=np.float32)[vy.astype(int)]
    protocol.save(folder, **{f"{NAME}_{key}": value for key, value in structure(w)[0].items()})

    def once():
        begun = time.perf_counter()
        m = model(w.shape[0], x.shape[1], x.shape[2], hot.shape[1], Penalty(price, request["epsilon"], True), noise=0.05,
                  recurrent=lambda shape, dtype=None: tf.constant(w.T))
        m.fit(x, hot, batch_size=128, epochs=10, validation_data=(vx, vhot), verbose=0, shuffle=False)
        trained = m.get_weights()[1].T
        before = structure(trained)
        seconds = time.perf_counter() - begun
        return seconds + nulls(len(trained), *before[1:])

    return once, {"factor": NULLS / MEASURED}


def structure(w):
    """Returns the published measures but small-worldness, and clustering and efficiency,
    which it needs."""
    import bct
    import networkx as nx
    from scipy.stats import gaussian_kde

    a = np.abs(w)
    g = a > np.quantile(a, 0.9)
    g = (g | g.T).astype(float)
    np.fill_diagonal(g, 0)
    graph = nx.from_numpy_array(g)
    density = gaussian_kde(w.ravel())(np.linspace(w.min(), w.max(), 100))
    density /= density.sum()
    clustering, efficiency = bct.clustering_coef_bu(g).mean(), bct.efficiency_bin(g)
    measures = {
        "modularity": nx.community.modularity(graph, nx.community.greedy_modularity_communities(graph)),
        "assortativity": nx.degree_assortativity_coefficient(graph),
        "entropy": -(density[density > 0] * np.log2(density[density > 0])).sum(),
        "clustering": clustering,
        "efficiency": efficiency,
    }
    return measures, clustering, efficiency


def nulls(n, clustering, efficiency):
    """Returns the seconds for small-worldness against 1,000 random graphs, from those
    of a few, which keep their self-loops, as published."""
    import bct

    rng = np.random.default_rng(1)
    values = []
    begun = time.perf_counter()
    for _ in range(MEASURED):
        u = rng.random((n, n))
        null = ((u + u.T) / 2 > 0.7).astype(float)
        values.append((bct.clustering_coef_bu(null).mean(), bct.efficiency_bin(null)))
    c, e = np.mean(values, axis=0)
    clustering / c / (e / efficiency)
    return NULLS / MEASURED * (time.perf_counter() - begun)


if __name__ == "__main__":
    protocol.serve(NAME, {"tensorflow": tf.__version__, "keras": keras.__version__}, {"update": update, "run": run})
