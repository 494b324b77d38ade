"""What the tests share: golden files, random problems, and a slow solver that is written for its formulas."""
import sys
import unittest
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
GOLDEN = ROOT / "tests" / "golden"
sys.path.insert(0, str(HERE.parent))

import fasthyper  # noqa: E402


def random_mdp(seed, states=6, actions=3, successors=None):
    """P (S, A, S), r, l and mu."""
    rng = np.random.default_rng(seed)
    P = rng.random((states, actions, states)) ** 3
    if successors is not None:
        least = np.sort(P, axis=-1)[..., -successors, None]
        P = np.where(P >= least, P, 0.0)
    P /= P.sum(-1, keepdims=True)
    mu = rng.random(states)
    return P, rng.standard_normal((states, actions)), rng.standard_normal((states, actions)), mu / mu.sum()


def soft_solution(P, r, gamma, tau):
    """V, Q and policy, by sweeps until 1e-17 of the start is left."""
    V = np.zeros(P.shape[0])
    for _ in range(int(np.ceil(np.log(1e-17) / np.log(gamma)))):
        Q = r + gamma * P @ V
        top = Q.max(1)
        V = top + tau * np.log(np.exp((Q - top[:, None]) / tau).sum(1))
    return V, Q, np.exp((Q - V[:, None]) / tau)


def leader_return(P, r, l, mu, gamma, tau):
    policy = soft_solution(P, r, gamma, tau)[2]
    P_pi = np.einsum("sa,sat->st", policy, P)
    return mu @ np.linalg.solve(np.eye(len(mu)) - gamma * P_pi, (policy * l).sum(1))


def central(f, x, step=1e-5):
    """Central differences of a number in an array."""
    g = np.empty_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = step
        g[i] = (f(x + e) - f(x - e)) / (2 * step)
    return g


class Case(unittest.TestCase):
    def close(self, actual, expected, tolerance=1e-9):
        actual, expected = np.asarray(actual), np.asarray(expected)
        self.assertEqual(actual.shape, expected.shape)
        error = np.abs(actual - expected).max() if actual.size else 0.0
        self.assertLessEqual(error, tolerance * max(1.0, np.abs(expected).max() if expected.size else 0.0))
