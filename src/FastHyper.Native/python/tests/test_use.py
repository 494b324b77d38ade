"""Errors, threads, leaders, fits, followers of one's own, callbacks, torch, jax, and what the documentation shows."""
import contextlib
import io
import re
import tempfile
import threading
import unittest

import numpy as np

from common import ROOT, Case, central, fasthyper, leader_return, random_mdp, soft_solution
from fasthyper import gym


def small(seed=1, **options):
    P, r, l, mu = random_mdp(seed)
    return fasthyper.Problem(P, r, l, **{"initial": mu, "gamma": 0.9, "temperature": 0.5, **options})


class Errors(Case):
    def refused(self, text, f, status=2):
        with self.assertRaises(fasthyper.Error) as caught:
            f()
        self.assertIn(text, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))
        self.assertEqual(caught.exception.status, status)

    def test_input(self):
        P, r, l, _ = random_mdp(1)
        bad = P.copy()
        bad[0, 1, 2] = -0.5
        make = lambda P=P, r=r, gamma=0.9, tau=0.5, **o: fasthyper.Problem(P, r, gamma=gamma, temperature=tau, **o)  # noqa: E731
        self.refused("data[8] = -0.5 (state 0, action 1); expected a probability in [0, 1]", lambda: make(P=bad))
        self.refused("expected at most 1 (to mend it", lambda: make(P=P * 1.5))
        self.refused("P: shape (6, 3, 5); expected (6, 3, 6)", lambda: make(P=P[..., :5]))
        self.refused("reward: shape (18,); expected (S, A)", lambda: make(r=r.ravel()))
        self.refused("reward[1, 0] = NaN", lambda: make(r=np.where(np.arange(18).reshape(6, 3) == 3, np.nan, r)))
        self.refused("gamma = 1.5", lambda: make(gamma=1.5))
        self.refused("temperature = 0", lambda: make(tau=0.0))
        self.refused("initial: shape (5,); expected (6), (S)", lambda: make(initial=np.full(5, 0.2)))
        self.refused("x: shape (2,); expected (0)", lambda: make(x=np.zeros(2)))
        self.refused("leader_reward: shape (6, 2)", lambda: make(leader_reward=l[:, :2]))
        self.refused("P.indices[0] = 6", lambda: make(P=(np.arange(19), np.full(18, 6), np.ones(18))))
        self.refused("nonsense.npz", lambda: fasthyper.Problem.open("nonsense.npz"))
        self.refused("did you mean four-rooms?", lambda: fasthyper.Problem.open("four-roms"))

    def test_use(self):
        problem = small(features=np.ones((6, 3, 1)))
        solver = problem.solver()
        self.refused("reward: shape (3, 6); expected (1, 6, 3) or (6, 3)", lambda: solver.set(reward=np.zeros((3, 6))))
        self.refused("reward[0, 2] = Infinity", lambda: solver.set(reward=np.where(np.arange(18).reshape(6, 3) == 2, np.inf, 0)))
        self.refused("set of a solver without its own", lambda: solver.set(transitions=np.zeros(108)))
        self.refused("solver: 'rewards'", lambda: solver.set(rewards=0))
        self.refused("method: 'newton'; expected one of auto", lambda: problem.solve(method="newton"))
        self.refused("not there after a solve", lambda: (solver.solve(), solver.get(20, np.empty(1))))
        self.refused("did you mean bc-hg?", lambda: problem.gradient("bc-hgg"))
        self.refused("did you mean critic.kind?", lambda: problem.gradient("bc-hg", settings={"critic.kin": "lstd"}))
        self.refused("did not converge", lambda: problem.solve(method="sweeps", max_sweeps=2), status=1)
        self.assertFalse(problem.solve(method="sweeps", max_sweeps=2, check_converged=False).converged)
        solver.close()
        self.refused("null; expected a solver", lambda: solver.solve())

    def test_handles(self):
        problem = small()
        solver = problem.solver()
        for wrong, text in ((problem._handle, "a problem; expected a solver"), (0x7, "of nothing, or freed; expected a solver")):
            self.assertEqual(fasthyper._library.library.fh_solver_solve(wrong, None), 2)
            self.assertIn(text, fasthyper._library.library.fh_last_error().decode())
        problem.close()
        self.assertTrue(solver.solve().converged)

    def test_a_watch_stops_the_work(self):
        class Enough(Exception):
            pass

        def progress(text):
            raise Enough(text)

        rng = np.random.default_rng(1)
        states = 20000
        rows = (np.arange(2 * states + 1), np.minimum(np.arange(2 * states) // 2 + 1, states - 1), np.ones(2 * states))
        problem = fasthyper.Problem(rows, rng.random((states, 2)), gamma=0.9999999, temperature=1e-3)
        solver = problem.solver(method="sweeps", tolerance=1e-13, backend=fasthyper.Backend(progress=progress))
        self.assertRaises(Enough, solver.solve)
        self.assertRaises(Enough, solver.solve)


class Threads(Case):
    def test_a_backend_each(self):
        problem, wrong = small(), []
        expected = problem.solve().V

        def work():
            backend = fasthyper.Backend(threads=1)
            for _ in range(100):
                if (problem.solve(backend=backend).V != expected).any():
                    wrong.append(1)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_one_backend_for_all(self):
        problem, wrong = small(), []
        expected = problem.solve().V

        def work():
            for _ in range(50):
                if (problem.solve().V != expected).any():
                    wrong.append(1)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Leaders(Case):
    def setUp(self):
        self.problem = small(features=np.eye(18).reshape(6, 3, 18))

    def test_leading_ascends(self):
        lead = self.problem.lead(iterations=60, learning_rate=0.5)
        self.assertGreater(lead.objectives[-1, 0], lead.objectives[0, 0] + 0.5)
        self.assertEqual(list(lead.iterations), list(range(0, 61, 6)))
        self.close(lead.objectives[-1, 0], self.problem.gradient(x=lead.best).objective, 1e-7)

    def test_steps_are_along_the_gradient(self):
        leader = self.problem.leader(learning_rate=0.01, gradient_clip=np.inf, leaders=2)
        leader.step()
        self.close(leader.x, np.stack([0.01 * self.problem.gradient().gradient] * 2), 1e-9)

    def test_a_follower_of_ones_own(self):
        asked = []

        def follower(reward, task):
            asked.append((task.iteration, task.seed))
            P = random_mdp(1)[0]
            return soft_solution(P, reward, 0.9, 0.5)[2]

        mine = self.problem.lead("exact", iterations=3, learning_rate=0.1, follower=follower)
        own = self.problem.lead("exact", iterations=3, learning_rate=0.1)
        self.assertEqual(asked, [(0, 1), (1, 1), (2, 1)])
        self.close(mine.x, own.x, 1e-6)

        def fails(reward, task):
            raise KeyError("mine")

        self.assertRaises(KeyError, lambda: self.problem.lead("bc-hg", iterations=1, follower=fails))

    def test_a_fit_finds_the_parameters(self):
        P, r, _, _ = random_mdp(14, states=8)
        Phi = np.random.default_rng(15).standard_normal((8, 3, 2))
        problem = fasthyper.Problem(P, 0 * r, features=Phi, gamma=0.9, temperature=1.0)
        x = np.array([0.7, -0.4])
        fit = problem.fit_log_likelihood(1e4 * problem.solve(x=x).policy)
        self.assertTrue(fit.converged)
        self.close(fit.x, x, 1e-5)
        self.close(fit.standard_error, np.sqrt(np.diag(fit.covariance)), 1e-12)

    def test_a_fit_hears_its_watch(self):
        class Enough(Exception):
            pass

        def progress(text):
            said.append(text)
            raise Enough

        said, states, rng = [], 4000, np.random.default_rng(20)
        rows = (np.arange(4 * states + 1), rng.integers(0, states, 4 * states), np.ones(4 * states))
        problem = fasthyper.Problem(
            rows, np.zeros((states, 4)), features=rng.standard_normal((states, 4, 40)), gamma=0.99, temperature=1.0)
        counts = rng.integers(0, 9, (states, 4)).astype(float)
        self.assertRaises(Enough, lambda: problem.fit_log_likelihood(counts, backend=fasthyper.Backend(progress=progress)))
        self.assertEqual(len(said), 1)


class Gym(Case):
    def test_the_world_is_the_problem(self):
        # 20 000 draws of a row of six: each share is within 5 standard errors of its probability, but for 1 in 10^5 or so.
        P, r, _, mu = random_mdp(16)
        P[2] *= 0.7
        problem = fasthyper.Problem(P, r, initial=mu, gamma=0.9, temperature=0.5)
        env = gym.FollowerEnv(problem, seed=3)
        counts, n = np.zeros(7), 0
        while n < 20000:
            state, _ = env.reset()
            while True:
                nxt, reward, ended, _, _ = env.step(1)
                self.assertEqual(reward, r[state, 1])
                if state == 2:
                    counts[6 if ended else nxt] += 1
                    n += 1
                if ended:
                    break
                state = nxt
        expected = np.append(P[2, 1], 0.3)
        self.assertTrue((np.abs(counts / n - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 1e-9).all())

    def test_tables_of_gymnasium(self):
        table = {0: {0: [(0.5, 1, 1.0, False), (0.5, 0, 0.0, False)], 1: [(1.0, 1, 2.0, True)]}, 1: {a: [(1.0, 1, 0.0, False)] for a in (0, 1)}}
        problem = gym.from_gymnasium(table, gamma=0.9, temperature=0.1)
        P = np.array([[[0.5, 0.5], [0, 0]], [[0, 1], [0, 1]]])
        self.close(problem.solve(tolerance=1e-12).V, soft_solution(P, np.array([[0.5, 2.0], [0, 0]]), 0.9, 0.1)[0])

    def test_gymnasium_itself(self):
        try:
            import gymnasium
            from gymnasium.utils.env_checker import check_env
        except ImportError:
            self.skipTest("no gymnasium here")
        P, r, _, _ = random_mdp(16)
        env = gym.FollowerEnv(fasthyper.Problem(P, r, gamma=0.9, temperature=0.5), max_steps=20)
        self.assertIsInstance(env, gymnasium.Env)
        check_env(env, skip_render_check=True)
        lake = gym.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False), gamma=0.9, temperature=1e-3)
        # Six steps to the goal, which pays at the last of them.
        self.close(lake.solve(tolerance=1e-10).V[0], 0.9 ** 5, 0.02)

    def test_a_follower_that_learns(self):
        P, r, l, mu = random_mdp(17)
        problem = fasthyper.Problem(0.9 * P, r, l, features=np.ones((6, 3, 1)), initial=mu, gamma=0.9, temperature=0.5)

        def train(env, task):
            env.reset()
            env.step(0)
            return np.full((6, 3), 1 / 3)

        lead = problem.lead("naive", iterations=2, settings={"steps": 100}, follower=gym.follower(problem, train))
        self.assertEqual(lead.x.shape, (1, 1))


class Torch(Case):
    def setUp(self):
        try:
            import torch
            import fasthyper.torch
        except ImportError:
            self.skipTest("no torch here")
        self.torch, self.module = torch, fasthyper.torch
        self.P, self.r, self.l, self.mu = random_mdp(18, states=4, actions=2)
        # No probability so small that differences would make it negative.
        self.P = 0.8 * self.P + 0.05

    def problem(self):
        return fasthyper.Problem(self.P, self.r, self.l, initial=self.mu, gamma=0.9, temperature=0.5, keep_zeros=True)

    def tensor(self, array):
        return self.torch.tensor(array, dtype=self.torch.float64, requires_grad=True)

    def test_gradcheck_of_the_response(self):
        solver = self.problem().solver(tolerance=1e-13, cold_pullbacks=True)
        self.assertTrue(self.torch.autograd.gradcheck(lambda r: self.module.best_response(solver, r), (self.tensor(self.r),)))
        rewards = self.tensor(np.stack([self.r, self.r + 0.3]))
        many = self.problem().solver(2, tolerance=1e-13, cold_pullbacks=True)
        self.assertTrue(self.torch.autograd.gradcheck(lambda r: self.module.best_response(many, r), (rewards,)))

    def test_gradcheck_in_the_transitions(self):
        # Rows that sum to less than one may be moved either way.
        solver = self.problem().solver(tolerance=1e-13, own_transitions=True, cold_pullbacks=True)
        inputs = (self.tensor(self.r), self.tensor(0.9 * self.P))
        self.assertTrue(self.torch.autograd.gradcheck(lambda r, P: self.module.best_response(solver, r, P), inputs))

    def test_gradcheck_of_the_return(self):
        solver = self.problem().solver(tolerance=1e-13, own_transitions=True, cold_pullbacks=True)
        inputs = (self.tensor(self.r), self.tensor(self.l), self.tensor(0.9 * self.P))
        f = lambda r, l, P: self.module.leader_return(solver, reward=r, leader_reward=l, transitions=P)  # noqa: E731
        self.assertTrue(self.torch.autograd.gradcheck(f, inputs))

    def test_a_solver_that_was_used_in_between(self):
        solver = self.problem().solver(tolerance=1e-13)
        r = self.tensor(self.r)
        V = self.module.best_response(solver, r)[0].sum()
        self.module.best_response(solver, self.tensor(self.r + 1))
        V.backward()
        expected = central(lambda r: soft_solution(self.P, r, 0.9, 0.5)[0].sum(), self.r)
        self.close(r.grad.numpy(), expected, 1e-8)

    def test_double_backward_is_refused_by_name(self):
        r = self.tensor(self.r)
        g, = self.torch.autograd.grad(self.module.best_response(self.problem(), r)[0].sum(), r, create_graph=True)
        with self.assertRaisesRegex(fasthyper.Error, "best_response: double backward is not supported"):
            g.sum().backward()

    def test_single_precision_tensors(self):
        r = self.torch.tensor(self.r, dtype=self.torch.float32, requires_grad=True)
        J = self.module.leader_return(self.problem(), reward=r)
        J.backward()
        self.assertEqual((J.dtype, r.grad.dtype), (self.torch.float32, self.torch.float32))
        expected = central(lambda r: leader_return(self.P, r, self.l, self.mu, 0.9, 0.5), self.r)
        self.close(r.grad.numpy(), expected, 1e-5)


class Jax(Case):
    def setUp(self):
        try:
            import jax
        except ImportError:
            self.skipTest("no jax here")
        jax.config.update("jax_enable_x64", True)
        import fasthyper.jax
        self.jax, self.module = jax, fasthyper.jax
        self.P, self.r, self.l, self.mu = random_mdp(19, states=4, actions=2)
        self.problem = fasthyper.Problem(self.P, self.r, self.l, initial=self.mu, gamma=0.9, temperature=0.5)

    def test_first_and_second_derivatives(self):
        f = lambda r: self.module.leader_return(self.problem, r, self.l, self.mu)  # noqa: E731
        exact = lambda r: leader_return(self.P, r, self.l, self.mu, 0.9, 0.5)  # noqa: E731
        self.close(self.jax.grad(f)(self.r), central(exact, self.r), 1e-8)
        direction = np.random.default_rng(1).standard_normal(self.r.shape)
        slope = lambda r: (self.jax.grad(f)(r) * direction).sum()  # noqa: E731
        self.close(self.jax.grad(slope)(self.r), central(lambda r: float(slope(r)), self.r), 1e-6)

    def test_the_response_in_each_output(self):
        bars = [np.random.default_rng(i).standard_normal(shape) for i, shape in enumerate(((4,), (4, 2), (4, 2)))]
        f = lambda r: sum((bar * a).sum() for bar, a in zip(bars, self.module.best_response(self.problem, r)))  # noqa: E731
        exact = lambda r: sum((bar * a).sum() for bar, a in zip(bars, soft_solution(self.P, r, 0.9, 0.5)))  # noqa: E731
        self.close(self.jax.grad(f)(self.r), central(exact, self.r), 1e-8)
        self.close(self.jax.jit(self.jax.grad(f))(self.r), self.jax.grad(f)(self.r), 1e-10)

    def test_vmap_solves_at_once(self):
        rewards = self.r + np.arange(3)[:, None, None]
        V = self.jax.vmap(lambda r: self.module.best_response(self.problem, r)[0])(rewards)
        self.close(V, self.problem.solve(reward=rewards, tolerance=1e-12).V, 1e-9)


class Documentation(Case):
    def run_page(self, page):
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(), re.S)
        self.assertTrue(blocks, page)
        names = {}
        for block in blocks:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(block, str(page), "exec"), names)
        return names

    def test_the_pages_run(self):
        self.run_page(ROOT / "README.md")
        self.run_page(ROOT / "docs" / "embedding.md")

    def test_the_writer_of_problem_files(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            names = self.run_page(ROOT / "docs" / "problem-files.md")
            problem = fasthyper.Problem.open("problem.npz")
            self.assertEqual((problem.states, problem.actions, problem.parameters, problem.gamma_leader), (6, 3, 2, 0.9))
            self.assertEqual(problem.notices, ())
            with np.load("problem.npz") as z:
                like = fasthyper.Problem(
                    z["P"], z["reward"], z["leader_reward"], features=z["features"], gamma=0.9, temperature=0.1)
            np.testing.assert_array_equal(problem.gradient().gradient, like.gradient().gradient)
            self.assertEqual(names["S"], 6)


if __name__ == "__main__":
    unittest.main()
