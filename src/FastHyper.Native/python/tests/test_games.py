"""Derivatives of two-player games against central differences of a slow solver that is written for its formulas."""
import unittest

import numpy as np

from common import Case, central, fasthyper

GAMMA, GAMMA_LEADER, TAU = 0.85, 0.7, 0.4
S, L, A = 4, 3, 2


def random_game(seed, followers=None):
    """P (S, L, A, S), r and l (S, L, A) or (N, S, L, A), mu (S) and theta (S, L)."""
    rng = np.random.default_rng(seed)
    shape = (S, L, A) if followers is None else (followers, S, L, A)
    # Rows that sum to less than one may be moved either way.
    P = 0.9 * rng.dirichlet(np.ones(S), (S, L, A))
    return P, rng.standard_normal(shape), rng.standard_normal(shape), rng.dirichlet(np.ones(S)), rng.standard_normal((S, L))


def softmax(theta):
    e = np.exp(theta - theta.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def answer(P, r, f, tau=TAU):
    """V (S, L), Q and g (S, L, A), by sweeps until 1e-17 of the start is left."""
    V = np.zeros((S, L))
    for _ in range(int(np.ceil(np.log(1e-17) / np.log(GAMMA)))):
        Q = r + GAMMA * P @ (f * V).sum(1)
        V = tau * np.log(np.exp(Q / tau).sum(-1))
    return V, Q, np.exp((Q - V[..., None]) / tau)


def leader_return(P, r, l, mu, f):
    g = answer(P, r, f)[2]
    joint = f[..., None] * g
    P_pi = np.einsum("sab,sabt->st", joint, P)
    return mu @ np.linalg.solve(np.eye(S) - GAMMA_LEADER * P_pi, (joint * l).sum((1, 2)))


def make(P, r, l, mu, theta):
    return fasthyper.Game(P, r, l, initial=mu, theta=theta, gamma=GAMMA, gamma_leader=GAMMA_LEADER, temperature=TAU)


class Games(Case):
    shapes = {"V": (S, L), "Q": (S, L, A), "policy": (S, L, A)}

    def setUp(self):
        self.P, self.r, self.l, self.mu, self.theta = random_game(1)
        self.solver = make(self.P, self.r, self.l, self.mu, self.theta).solver(tolerance=1e-13)

    def test_pullbacks_of_each_cotangent(self):
        rng = np.random.default_rng(2)
        for at, (name, shape) in enumerate(self.shapes.items()):
            with self.subTest(name):
                bar = rng.standard_normal(shape)
                found = self.solver.vjp(**{name: bar}, with_transitions=True)
                f = lambda P, r, f: (bar * answer(P, r, f)[at]).sum()  # noqa: E731
                policy = softmax(self.theta)
                self.close(found.reward, central(lambda r: f(self.P, r, policy), self.r), 1e-8)
                self.close(found.transitions, central(lambda P: f(P, self.r, policy), self.P), 1e-7)
                self.close(found.leader_policy, central(lambda p: f(self.P, self.r, p), policy), 1e-8)
                self.close(found.x, central(lambda theta: f(self.P, self.r, softmax(theta)), self.theta).ravel(), 1e-8)

    def test_tangents_are_differences(self):
        rng = np.random.default_rng(3)
        policy, step = softmax(self.theta), 1e-5
        directions = rng.standard_normal(self.r.shape), rng.standard_normal(self.P.shape), rng.standard_normal((S, L))
        for which in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)):
            with self.subTest(which):
                dr, dP, df = (d if on else None for on, d in zip(which, directions))
                found = self.solver.jvp(dr, dP, df)
                moves = [on * d for on, d in zip(which, directions)]
                sides = [
                    answer(self.P + t * moves[1], self.r + t * moves[0], policy + t * moves[2]) for t in (step, -step)]
                for at, name in enumerate(self.shapes):
                    self.close(getattr(found, name), (sides[0][at] - sides[1][at]) / (2 * step), 1e-7)

    def test_the_gradient_in_all_that_can_be_set(self):
        g, f = self.solver.gradient(with_transitions=True), softmax(self.theta)
        at = (self.P, self.r, self.l, self.mu)
        self.close(g.objective, leader_return(*at, f))
        self.close(g.gradient, central(lambda theta: leader_return(*at, softmax(theta)), self.theta).ravel(), 1e-8)
        for name, i in (("transitions", 0), ("reward", 1), ("leader_reward", 2), ("initial", 3)):
            with self.subTest(name):
                moved = lambda value: leader_return(*at[:i], value, *at[i + 1:], f)  # noqa: E731
                self.close(getattr(g, name), central(moved, at[i]), 1e-7)

    def test_instances_followers_and_temperatures(self):
        N, B = 2, 3
        P, r, l, mu, theta = random_game(4, N)
        rng = np.random.default_rng(5)
        thetas, taus = theta + 0.3 * rng.standard_normal((B, S, L)), np.array([0.3, 0.5, 0.8])
        solver = make(P, r, l, mu, theta).solver(B, tolerance=1e-13).set(x=thetas.reshape(B, -1), temperature=taus)
        bar, tangent = rng.standard_normal((B * N, S, L, A)), rng.standard_normal((B * N, S, L, A))
        pushed, pulled = solver.jvp(tangent), solver.vjp(policy=bar)
        solution = solver.solve()
        for b in range(B):
            x_bar = np.zeros((S, L))
            for n in range(N):
                i, value = b * N + n, lambda r, theta: (bar[b * N + n] * answer(P, r, softmax(theta), taus[b])[2]).sum()  # noqa: E731
                for a, e in zip((solution.V, solution.Q, solution.policy), answer(P, r[n], softmax(thetas[b]), taus[b])):
                    self.close(a[i], e)
                self.close(pulled.reward[i], central(lambda r: value(r, thetas[b]), r[n]), 1e-8)
                x_bar += central(lambda theta: value(r[n], theta), thetas[b])
                step = 1e-5
                sides = [answer(P, r[n] + t * tangent[i], softmax(thetas[b]), taus[b])[2] for t in (step, -step)]
                self.close(pushed.policy[i], (sides[0] - sides[1]) / (2 * step), 1e-7)
            self.close(pulled.x[b], x_bar.ravel(), 1e-8)

    def test_what_is_not_there_is_refused(self):
        for call, text in (
            (lambda: self.solver.vjp(policy=np.zeros((S, L * A))), "policy: shape (4, 6); expected (1, 4, 3, 2) or (4, 3, 2)"),
            (lambda: self.solver.jvp(leader_policy=np.zeros((S, A))), "leader_policy: shape (4, 2); expected (1, 4, 3) or (4, 3)"),
            (lambda: self.solver.vjp(V=np.full((S, L), np.nan)), "cotangents"),
        ):
            with self.subTest(text), self.assertRaises(fasthyper.Error) as caught:
                call()
            self.assertIn(text, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
