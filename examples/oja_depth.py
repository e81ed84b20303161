# SPDX-License-Identifier: MIT
"""Ten weight matrices learn Fashion-MNIST online, with and without Oja's rule, each at its best rates of a coarse grid.
usage: oja_depth.py [SAMPLES [FIGURE]]      3000 samples by default; a figure needs matplotlib"""
import gzip
import sys

import numpy as np
import plasticity

FOLDER = "/usr/share/datasets/fashion-mnist/"  # Debian's dataset-fashion-mnist
SETTINGS = {"SGD": (1e-2, None), "SGD + Oja": (1e-3, 3e-3)}  # rates of SGD and of Oja's rule
samples = int(sys.argv[1]) if len(sys.argv) > 1 else 3000


def load(name, header):
    with gzip.open(FOLDER + name + "-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


x, y = load("train-images-idx3", 16).reshape(-1, 784) / np.float32(255), load("train-labels-idx1", 8)
test_x, test_y = load("t10k-images-idx3", 16).reshape(-1, 784) / np.float32(255), load("t10k-labels-idx1", 8)
history = {name: [] for name in SETTINGS}
for name, (rate, oja_rate) in SETTINGS.items():
    accuracies = []
    for seed in range(4):
        net = plasticity.Network(inputs=784, seed=seed)
        for _ in range(9):
            net.add("dense", units=100, activation="softplus", bias=False)
        net.add("dense", units=10, activation="softmax", bias=False)
        if oja_rate:
            net.add_rule("hidden", plasticity.Rule("oja", rate=oja_rate))
        net.set_optimizer(plasticity.Optimizer("sgd", rate=rate))
        order = np.random.default_rng(seed).permutation(len(x))[:samples]
        history[name] = []  # the figure shows the last seed
        net.learn(x, y, order=order, progress=history[name].append, progress_every=100)
        accuracies.append(net.evaluate(test_x, test_y).accuracy)
    print(f"{name:9}  accuracy {np.mean(accuracies):.3f} +- {np.std(accuracies, ddof=1):.3f}")
if len(sys.argv) > 2:
    plasticity.plot_history(history, sys.argv[2])
