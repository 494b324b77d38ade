"""Golden answers, bits of the command line, derivatives against central differences, instances, strides and precisions."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import scipy.sparse

from common import GOLDEN, Case, central, fasthyper, leader_return, random_mdp, soft_solution

FILES = ["random-30x4", "random-terminating-200x6", "random-cold-64x3"]
LINEAR = ["linear-dense-40x4", "linear-per-action-150x3", "linear-aggregation-120x4"]


def from_arrays(name):
    """The problem of a golden file, given as arrays."""
    with np.load(GOLDEN / f"{name}.npz") as file:
        z = {key: file[key] for key in file}
    states, actions = z["reward"].shape

    def csr(prefix, columns):
        if prefix + "indptr" not in z:
            return z.get(prefix[:-1])
        return scipy.sparse.csr_matrix((z[prefix + "data"], z[prefix + "indices"], z[prefix + "indptr"]), shape=(states * actions, columns))

    return fasthyper.Problem(
        csr("", states), z["reward"], z["leader_reward"], features=csr("features_", len(z["x"])),
        leader_features=csr("leader_features_", len(z["x"])), value_features=z.get("value_features"), state_features=z.get("state_features"),
        value_weights=z.get("value_weights"), ridge=float(z.get("ridge", 0.0)), initial=z["initial"], gamma=float(z["gamma"]),
        gamma_leader=float(z["gamma_leader"]), temperature=float(z["temperature"]), x=z["x"])


class Golden(Case):
    def test_solutions_and_gradients(self):
        for name in FILES + LINEAR:
            with self.subTest(name), np.load(GOLDEN / f"{name}.answer.npz") as answer:
                for problem in (from_arrays(name), fasthyper.Problem.open(GOLDEN / f"{name}.npz")):
                    s, g = problem.solve(tolerance=1e-13), problem.gradient()
                    self.close(s.V, answer["V"])
                    self.close(s.Q, answer["Q"])
                    self.close(s.policy, answer["policy"])
                    self.close(g.objective, answer["objective"])
                    self.close(g.gradient, answer["gradient"])
                    self.assertTrue(s.converged)

    def test_games(self):
        for name in ["game-6x3x4", "game-12x2x5"]:
            with self.subTest(name), np.load(GOLDEN / f"{name}.answer.npz") as z:
                game = fasthyper.Game(
                    z["P"], z["follower_reward"], z["leader_reward"],
                    initial=z["initial"], theta=z["theta"], gamma=float(z["gamma"]), gamma_leader=float(z["gamma_leader"]),
                    temperature=float(z["temperature"]))
                s, g = game.solve(tolerance=1e-13), game.gradient()
                self.close(g.objective, z["objective"])
                self.close(g.gradient, z["gradient"].ravel())
                # The definition: the follower sees (s, a), and then the leader draws by f.
                f = np.exp(z["theta"]) / np.exp(z["theta"]).sum(1, keepdims=True)
                self.close(s.leader_policy, f)
                self.close(s.Q, z["follower_reward"] + z["gamma"] * z["P"] @ (f * s.V).sum(1))
                self.close(s.policy, np.exp((s.Q - s.V[..., None]) / z["temperature"]))
                self.close(s.policy.sum(-1), np.ones_like(s.V))


class CommandLine(Case):
    def test_bits(self):
        tool = os.environ.get("FASTHYPER_TOOL")
        if not tool:
            self.skipTest("FASTHYPER_TOOL: no command line to compare with")
        with tempfile.TemporaryDirectory() as folder:
            for name in FILES[:2]:
                problem, out = from_arrays(name), Path(folder) / "out.npz"
                for command in (["solve"], ["gradient"], ["gradient", "--estimator", "hpgd", "--batches", "4", "--steps", "500", "--seed", "7"]):
                    subprocess.run(
                        [*tool.split(), command[0], str(GOLDEN / f"{name}.npz"), *command[1:], "--out", str(out), "--backend", "cpu"],
                        check=True, stdout=subprocess.DEVNULL)
                    found = problem.solve() if command[0] == "solve" else problem.gradient() if len(command) == 1 else problem.gradient(
                        "hpgd", batches=4, steps=500, seed=7)
                    with np.load(out) as z:
                        for key in ("V", "Q", "policy") if command[0] == "solve" else ("gradient", "direct", "response", "objective"):
                            np.testing.assert_array_equal(getattr(found, key), z[key], err_msg=f"{name} {command} {key}")


class Derivatives(Case):
    gamma, tau = 0.9, 0.3

    def setUp(self):
        self.P, self.r, self.l, self.mu = random_mdp(1)
        self.problem = fasthyper.Problem(
            self.P, self.r, self.l, initial=self.mu, gamma=self.gamma, temperature=self.tau, keep_zeros=True)

    def test_solution(self):
        for a, b in zip((self.solution().V, self.solution().Q, self.solution().policy), soft_solution(self.P, self.r, self.gamma, self.tau)):
            self.close(a, b)

    def test_gradient_in_all_that_can_be_set(self):
        solver = self.problem.solver(tolerance=1e-13)
        g = solver.gradient(with_transitions=True)
        self.close(g.objective, leader_return(self.P, self.r, self.l, self.mu, self.gamma, self.tau))
        self.close(g.reward, central(lambda r: leader_return(self.P, r, self.l, self.mu, self.gamma, self.tau), self.r), 1e-8)
        self.close(g.leader_reward, central(lambda l: leader_return(self.P, self.r, l, self.mu, self.gamma, self.tau), self.l), 1e-8)
        self.close(g.initial, central(lambda mu: leader_return(self.P, self.r, self.l, mu, self.gamma, self.tau), self.mu), 1e-8)
        self.close(g.transitions, central(lambda P: leader_return(P, self.r, self.l, self.mu, self.gamma, self.tau), self.P), 1e-7)

    def test_pullbacks_of_each_cotangent(self):
        rng = np.random.default_rng(2)
        shapes = {"V": (6,), "Q": (6, 3), "policy": (6, 3)}
        for at, (name, shape) in enumerate(shapes.items()):
            bar = rng.standard_normal(shape)
            found = self.problem.solver(tolerance=1e-13).vjp(**{name: bar}, with_transitions=True)
            f = lambda P, r: (bar * soft_solution(P, r, self.gamma, self.tau)[at]).sum()  # noqa: E731
            self.close(found.reward, central(lambda r: f(self.P, r), self.r), 1e-8)
            self.close(found.transitions, central(lambda P: f(P, self.r), self.P), 1e-7)

    def test_tangents_are_the_transpose_of_pullbacks(self):
        rng = np.random.default_rng(3)
        solver = self.problem.solver(tolerance=1e-13)
        dr, dP = rng.standard_normal((6, 3)), rng.standard_normal((6, 3, 6))
        bars = {"V": rng.standard_normal(6), "Q": rng.standard_normal((6, 3)), "policy": rng.standard_normal((6, 3))}
        t = solver.jvp(dr, dP)
        pulled = solver.vjp(**bars, with_transitions=True)
        forward = sum((bars[name] * getattr(t, name)).sum() for name in bars)
        self.close(forward, (pulled.reward * dr).sum() + (pulled.transitions * dP).sum(), 1e-11)

    def test_parameters(self):
        Phi = np.random.default_rng(4).standard_normal((6, 3, 4))
        problem = fasthyper.Problem(self.P, self.r, self.l, features=Phi, initial=self.mu, gamma=self.gamma, temperature=self.tau)
        x = np.array([0.3, -0.2, 0.5, 0.1])
        at = lambda x: leader_return(self.P, self.r + Phi @ x, self.l, self.mu, self.gamma, self.tau)  # noqa: E731
        self.close(problem.gradient(x=x).gradient, central(at, x), 1e-8)
        solver = problem.solver(tolerance=1e-13).set(x=x)
        bar = np.random.default_rng(5).standard_normal((6, 3))
        found = solver.vjp(policy=bar)
        self.close(found.x, np.einsum("sap,sa->p", Phi, found.reward), 1e-12)

    def test_two_hundred_differences(self):
        base = self.problem.solve().V
        for _ in range(200):
            V = self.problem.solve(reward=self.r + 1e-6).V
        self.close((V - base) / 1e-6, np.full(6, 10.0), 1e-3)

    def solution(self):
        return self.problem.solve(tolerance=1e-13)


class Instances(Case):
    def test_many_at_once_are_each_alone(self):
        P, r, l, mu = random_mdp(6, states=20, actions=4, successors=5)
        problem = fasthyper.Problem(P, r, l, initial=mu, gamma=0.95, temperature=0.2)
        rewards = r + np.random.default_rng(7).standard_normal((67, 20, 4))
        many, gradients = problem.solve(reward=rewards, tolerance=1e-12), problem.gradient(reward=rewards)
        for i in range(67):
            alone = problem.solve(reward=rewards[i], tolerance=1e-12)
            self.close(many.V[i], alone.V, 1e-10)
            self.close(many.policy[i], alone.policy, 1e-9)
            self.close(gradients.objective[i], problem.gradient(reward=rewards[i]).objective, 1e-10)

    def test_transitions_of_each(self):
        P, r, _, _ = random_mdp(8)
        each = np.stack([P, random_mdp(9)[0]])
        problem = fasthyper.Problem(P, r, gamma=0.9, temperature=0.5, keep_zeros=True)
        found = problem.solver(2, own_transitions=True, tolerance=1e-13).solve(transitions=each)
        for i in range(2):
            self.close(found.V[i], soft_solution(each[i], r, 0.9, 0.5)[0])

    def test_temperatures_of_each(self):
        P, r, _, _ = random_mdp(10)
        found = fasthyper.Problem(P, r, gamma=0.9, temperature=0.5).solver(2, tolerance=1e-13).solve(temperature=np.array([0.2, 0.8]))
        for i, tau in enumerate((0.2, 0.8)):
            self.close(found.V[i], soft_solution(P, r, 0.9, tau)[0])

    def test_strides_and_types(self):
        P, r, l, mu = random_mdp(11)
        plain = fasthyper.Problem(P, r, l, initial=mu, gamma=0.9, temperature=0.5)
        wide = np.zeros((12, 9))
        wide[::2, ::3] = r
        strided = fasthyper.Problem(np.asfortranarray(P), wide[::2, ::3], l.T.copy().T, initial=mu[::-1].copy()[::-1], gamma=0.9, temperature=0.5)
        np.testing.assert_array_equal(plain.solve().V, strided.solve().V)
        np.testing.assert_array_equal(plain.gradient().reward, strided.gradient().reward)
        out = np.zeros((18, 2), dtype=np.float32)[::3].T
        solver = plain.solver(2)
        solver.solve()
        solver.get(10, out)
        self.close(out, np.stack([plain.solve().V] * 2), 1e-6)
        rows = scipy.sparse.csr_matrix(P.reshape(18, 6))
        for kind in (np.int32, np.int64):
            sparse = fasthyper.Problem((rows.indptr.astype(kind), rows.indices.astype(kind), rows.data), r, l, initial=mu, gamma=0.9, temperature=0.5)
            np.testing.assert_array_equal(plain.solve().V, sparse.solve().V)

    def test_single_precision(self):
        P, r, _, _ = random_mdp(12, states=40, actions=3)
        exact = soft_solution(P, r, 0.95, 0.3)
        problem = fasthyper.Problem(P.astype(np.float32), r.astype(np.float32), gamma=0.95, temperature=0.3)
        found = problem.solve(precision="f32", tolerance=1e-6)
        self.close(found.V, exact[0], 1e-4)
        self.close(found.policy, exact[2], 1e-4)

    def test_warm_starts_take_fewer_sweeps(self):
        P, r, _, _ = random_mdp(13, states=60, actions=3, successors=4)
        solver = fasthyper.Problem(P, r, gamma=0.99, temperature=0.1).solver(method="sweeps")
        cold = solver.solve()
        warm = solver.solve(reward=r + 1e-6)
        again = solver.reset().solve(reward=r)
        self.assertLess(warm.iterations, cold.iterations)
        np.testing.assert_array_equal(again.V, cold.V)


if __name__ == "__main__":
    unittest.main()
