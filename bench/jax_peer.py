# SPDX-License-Identifier: MIT
"""The library against JAX: a whole array of samples is learned by one jitted lax.scan, its weights donated.

usage: jax_peer.py BUILD

Prints one line of JSON a task. Of several unrollings the fastest for each task stands here (unrolled, XLA copies the
weights less often); compiling is not timed. XLA's thread pool has as many threads as the process may use CPUs, so the
process is confined to one of them until the pool is there.
"""

import functools
import os
import platform

CPUS = os.sched_getaffinity(0)
os.sched_setaffinity(0, {min(CPUS)})
os.environ["JAX_PLATFORMS"] = "cpu"
FLAGS = ["--xla_cpu_multi_thread_eigen=false"]
if platform.machine() == "x86_64":
    FLAGS.append("--xla_cpu_prefer_vector_width=512")  # by default it stops at 256, which is slower here
os.environ["XLA_FLAGS"] = " ".join(FLAGS)

import jax
import jax.numpy as jnp
import numpy as np

import compare

UNROLLS = (2, 4, 8)


def release():
    """Makes XLA's thread pool; then all threads may move among the CPUs again."""
    jax.devices()
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), CPUS)


def online_step(weights, sample, rate, oja_rate):
    """Batch 1, ReLU, no biases. All increments come from the old weights."""
    x, target = sample
    y = [x]
    for w in weights[:-1]:
        y.append(jax.nn.relu(w @ y[-1]))
    s = jax.nn.softmax(weights[-1] @ y[-1]) - target
    learned = []
    for i in reversed(range(len(weights))):
        w = weights[i]
        change = -rate * jnp.outer(s, y[i])
        if oja_rate and i + 1 < len(weights):
            change += oja_rate * jnp.outer(y[i + 1], y[i] - y[i + 1] @ w)
        if i > 0:
            s = jnp.where(y[i] > 0, s @ w, 0)
        learned.insert(0, w + change)
    return learned, None


def minibatch_step(parameters, samples, rate):
    """All samples at once, ReLU, biases."""
    x, targets = samples
    y = [x]
    for w, b in parameters[:-1]:
        y.append(jax.nn.relu(y[-1] @ w.T + b))
    w, b = parameters[-1]
    s = (jax.nn.softmax(y[-1] @ w.T + b) - targets) * (-rate / len(x))
    learned = []
    for i in reversed(range(len(parameters))):
        w, b = parameters[i]
        new = w + s.T @ y[i], b + s.sum(0)
        if i > 0:
            s = jnp.where(y[i] > 0, s @ w, 0)
        learned.insert(0, new)
    return learned


class Peer:
    """run(steps) passes over the array of samples again and again, all in one call of a jitted function."""

    def __init__(self, task):
        self.task = task
        self.online = task.batch == 1
        targets = np.eye(task.sizes[-1], dtype=np.float32)[task.labels]
        self.samples = jnp.array(task.inputs), jnp.array(targets)
        self.granularity = task.samples if self.online else 4
        functions = [self.compile(unroll) for unroll in UNROLLS]
        self.learn = min(functions, key=self.time_of)
        self.start()

    def start(self):
        self.parameters_now = [jnp.array(w) if self.online else (jnp.array(w), jnp.array(b))
                               for w, b in self.task.before]

    def compile(self, unroll):
        """learn(parameters, samples, passes) returns the new parameters, in the old ones' memory."""
        task = self.task

        def one_pass(samples, parameters):
            if self.online:
                step = functools.partial(online_step, rate=task.rate, oja_rate=task.oja_rate if task.oja else 0)
                return jax.lax.scan(step, parameters, samples, unroll=unroll)[0]
            step = lambda old, _: (minibatch_step(old, samples, task.rate), None)
            return jax.lax.scan(step, parameters, length=self.granularity, unroll=unroll)[0]

        def learn(parameters, samples, passes):
            return jax.lax.fori_loop(0, passes, lambda _, old: one_pass(samples, old), parameters)

        return jax.jit(learn, donate_argnums=0)

    def time_of(self, learn):
        self.learn = learn
        self.start()
        self.run(self.granularity)
        return compare.least_seconds(self.run, self.granularity, runs=3)

    def run(self, steps):
        passes, rest = divmod(steps, self.granularity)
        self.parameters_now = self.learn(self.parameters_now, self.samples, passes)
        if rest:  # in the check only: another shape is another compilation
            few = [array[:rest] for array in self.samples]
            self.parameters_now = self.learn(self.parameters_now, few, 1)
        jax.block_until_ready(self.parameters_now)

    def parameters(self):
        return [tuple(map(np.asarray, layer)) if isinstance(layer, tuple) else (np.asarray(layer),)
                for layer in self.parameters_now]


if __name__ == "__main__":
    release()
    compare.run(f"jax {jax.__version__}", Peer)
