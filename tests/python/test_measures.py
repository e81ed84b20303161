# SPDX-License-Identifier: MIT
"""Measures, against NumPy's."""

import math
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import plasticity
from plasticity import measures


@pytest.fixture(params=[np.float32, np.float64])
def arrays(request):
    """(7 x 4, another), of strides that no copy has."""
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((2, 8, 14)).astype(request.param)
    return a[::2, ::2].T, b[::2, ::2].T


def close(value, expected):
    """To the rounding of double, which everything is computed in."""
    assert isinstance(value, (float, int))
    assert value == pytest.approx(float(expected), rel=1e-9)


def test_values(arrays):
    a, b = arrays
    x, y = (one.astype(np.float64) for one in arrays)
    close(measures.orthonormality(a), np.linalg.norm(x.T @ x - np.eye(4)) / 2)
    close(measures.orthonormality(a.T), np.linalg.norm(x.T @ x - np.eye(4)) / 2)
    w = np.arange(12.0).reshape(4, 3)
    each = np.sum((x - y @ w @ w.T) ** 2, axis=1)
    found = measures.activity_orthonormality(w, a, b)
    close(found.mean, each.mean()), close(found.sum, each.sum())
    c = np.cov(x.T)
    close(measures.participation_ratio(a), np.trace(c) ** 2 / np.trace(c @ c))
    variances = np.sort(np.linalg.eigvalsh(c))[::-1].cumsum() / np.trace(c)
    for fraction in 0.3, 0.5, 0.9, 0.99:
        assert measures.components(a, fraction) == 1 + np.sum(variances < fraction)
    assert measures.components(a) == measures.components(a, 0.9) and measures.components(a, 1) == 4
    norms = np.linalg.norm(x, axis=1)
    mean_entry, mean_norm, sd_norm = found = measures.norms(a)
    close(found.mean_entry, x.mean()), close(found.mean_norm, norms.mean()), close(found.sd_norm, norms.std())
    assert (mean_entry, mean_norm, sd_norm) == (found.mean_entry, found.mean_norm, found.sd_norm)
    close(measures.norm_ratio(a, b[:3]), np.linalg.norm(x) / np.linalg.norm(y[:3]))
    close(measures.spectral_radius(a[:4]), np.abs(np.linalg.eigvals(x[:4])).max())
    values = np.linalg.svd(x, compute_uv=False)
    found = measures.singular_values(a)
    close(found.largest, values[0]), close(found.smallest, values[-1]), close(found.condition, values[0] / values[-1])


def test_angles(arrays):
    a, b = arrays
    x, y = (one.astype(np.float64) for one in arrays)

    def degrees(p, q):
        return np.degrees(np.arccos(np.sum(p * q, -1) / np.linalg.norm(p, axis=-1) / np.linalg.norm(q, axis=-1)))

    close(measures.angle(a, b), degrees(x.ravel(), y.ravel()))
    close(measures.angle(a, b, "flattened"), degrees(x.ravel(), y.ravel()))
    close(measures.angle(a, b, "rows"), degrees(x, y).mean())
    close(measures.angle(a, b, kind="means"), degrees(x.mean(axis=0), y.mean(axis=0)))
    assert measures.angle(a, a) == 0 and set(plasticity.ANGLES) == {"flattened", "rows", "means"}


def test_a_vector_is_a_row():
    v, w = np.array([3.0, 4.0]), np.array([4.0, -3.0])
    assert measures.norms(v).mean_norm == 5 and measures.norms(v[:, None]).mean_norm == 3.5
    close(measures.angle(v, w, "rows"), 90)
    assert measures.norm_ratio(v, 2 * w) == 0.5


def test_nothing_is_copied(arrays):
    big = np.random.default_rng(1).random((2000, 1000), dtype=np.float32)
    tracemalloc.start()
    big.copy()
    assert tracemalloc.get_traced_memory()[1] > 7e6  # tracemalloc sees NumPy's memory
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    measures.norms(big), measures.angle(big[:, ::2], big[:, 1::2], "means"), measures.norm_ratio(big.T, big)
    assert tracemalloc.get_traced_memory()[1] - before < 100e3
    tracemalloc.stop()


def test_of_a_network(data, make):
    net = make()
    state = plasticity.State(net, 200)
    net.run(data[0], state=state)
    weights, y, z = net.layers[1].weights, state.view("activity", 1), state.view("potential", 1)
    assert measures.orthonormality(weights) == measures.orthonormality(weights.astype(np.float64))
    assert 1 <= measures.participation_ratio(y) <= 8
    assert measures.activity_orthonormality(weights, z, y).sum > 0


@pytest.mark.parametrize("act, kind, words", [
    (lambda: measures.norms([[1.0]]), TypeError, "samples is a list, expected a NumPy array"),
    (lambda: measures.orthonormality(np.ones((2, 2), int)), plasticity.InvalidError, "weights has type i64"),
    (lambda: measures.spectral_radius(np.ones((2, 3))), plasticity.InvalidError, "square"),
    (lambda: measures.singular_values(np.array([[np.inf]])), plasticity.NotFiniteError, "matrix"),
    (lambda: measures.angle(np.zeros((2, 2)), np.ones((2, 2))), plasticity.RangeError, "zero"),
    (lambda: measures.angle(np.ones((2, 2)), np.ones((2, 3))), plasticity.InvalidError, "expected 2"),
    (lambda: measures.angle(np.ones(2), np.ones(2), "cosine"), plasticity.UnknownError, "flattened, rows, means"),
    (lambda: measures.angle(np.ones(2), np.ones(2), 1), TypeError, "kind of angle is 1"),
    (lambda: measures.components(np.ones((2, 2)), 0), plasticity.RangeError, "fraction is 0"),
    (lambda: measures.components(np.ones((2, 2)), "half"), TypeError, "fraction is 'half'"),
    (lambda: measures.norm_ratio(np.ones(2), np.zeros(2)), plasticity.RangeError, "zero"),
    (lambda: measures.activity_orthonormality(np.ones((2, 3)), np.ones((5, 2)), np.ones((4, 2))),
     plasticity.InvalidError, "activities has 4 rows, expected 5"),
])
def test_mistakes(act, kind, words):
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value)


def test_a_singular_matrix():
    assert measures.singular_values(np.diag([2.0, 0.0])) == (2, 0, math.inf)


def test_in_threads():
    """Each call has a context of its own."""
    matrices = [np.diag([float(i), 1]) for i in range(2, 10)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            assert [found.largest for found in pool.map(measures.singular_values, matrices)] == list(range(2, 10))


def test_every_function_is_documented():
    page = (plasticity.measures.__doc__ or "")
    assert "docs/measures.md" in page
    for name in measures.__all__:
        assert getattr(measures, name).__doc__
