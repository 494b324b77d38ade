"""Worlds for followers that learn, after Gymnasium's interface, and problems of its worlds. Needs numpy alone; where gymnasium is installed
the world is one of its environments.
"""
from __future__ import annotations

from typing import Any, Callable, Optional, Union

import numpy as np

from ._library import Error, numbers
from .leader import Follower, FollowerTask
from .problem import Problem, _Model

try:
    import gymnasium as _gymnasium

    _Base: Any = _gymnasium.Env
    _discrete: Callable[[int], Any] = _gymnasium.spaces.Discrete
except ImportError:
    _Base = object

    class _Discrete:
        """What is used of gymnasium.spaces.Discrete."""

        def __init__(self, n: int) -> None:
            self.n = n

        def contains(self, value: Any) -> bool:
            return 0 <= int(value) < self.n

    _discrete = _Discrete


class FollowerEnv(_Base):
    """The follower's world as the leader has set it: states and actions are numbers, rewards the follower's, and an episode ends where the
    transitions do. Draws are of ``reset(seed=...)``.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(
        self, problem: _Model, reward: Any = None, *, x: Any = None, initial: Any = None, max_steps: Optional[int] = None,
        seed: Optional[int] = None,
    ) -> None:
        if problem.leader_actions > 0:
            raise Error("FollowerEnv: a game; expected a problem whose leader sets rewards")
        if reward is None or initial is None:
            solver = problem.solver()
            if x is not None:
                solver.set(x=x)
            reward = solver.get(1) if reward is None else reward
            initial = solver.get(3) if initial is None else initial
        self.problem = problem
        self.observation_space, self.action_space = _discrete(problem.states), _discrete(problem.actions)
        self._reward = numbers(reward)
        self._start = np.cumsum(numbers(initial))
        self._indptr, self._indices, data = problem.transitions()
        self._sums = np.concatenate([[0.0], np.cumsum(data)])
        self._max_steps = max_steps
        self._random = np.random.default_rng(seed)
        self._state, self._steps, self._ended = 0, 0, True

    def reset(self, *, seed: Optional[int] = None, options: Any = None) -> tuple[int, dict[str, Any]]:
        """Begins an episode: its first state."""
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self._state = min(int(np.searchsorted(self._start, self._random.random(), side="right")), self.problem.states - 1)
        self._steps, self._ended = 0, False
        return self._state, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Acts: the next state, the reward, whether the episode ended, and whether it was cut."""
        action = int(action)
        if self._ended:
            raise Error("FollowerEnv: the episode has ended; expected a reset")
        if not 0 <= action < self.problem.actions:
            raise Error(f"FollowerEnv: action {action}; expected 0 to {self.problem.actions - 1}")
        row = self._state * self.problem.actions + action
        begin, end = self._indptr[row], self._indptr[row + 1]
        reward = float(self._reward[self._state, action])
        at = int(np.searchsorted(self._sums[begin + 1:end + 1], self._sums[begin] + self._random.random(), side="right"))
        total = self._sums[end] - self._sums[begin]
        if at >= end - begin and 1 - total < 1e-9:
            at = int(end - begin) - 1
        self._ended = at >= end - begin
        if not self._ended:
            self._state = int(self._indices[begin + at])
        self._steps += 1
        cut = not self._ended and self._max_steps is not None and self._steps >= self._max_steps
        return self._state, reward, self._ended, cut, {}


def follower(problem: _Model, train: Callable[[FollowerEnv, FollowerTask], Any], max_steps: int = 200) -> Follower:
    """A black-box follower for ``lead(..., follower=...)``: ``train`` is given the world with the leader's present rewards, and returns
    the policy (S, A) that it learned there.
    """
    def respond(reward: np.ndarray, task: FollowerTask) -> Any:
        env = FollowerEnv(problem, reward, initial=task.initial, max_steps=max_steps, seed=(task.seed << 20) + task.iteration)
        return train(env, task)

    return respond


def from_gymnasium(world: Any, *, gamma: float, temperature: float, **options: Any) -> Problem:
    """A problem of a tabular Gymnasium world, one with ``P[s][a] = [(probability, next, reward, terminated), ...]`` (FrozenLake,
    CliffWalking, Taxi), or of such a dictionary. Rewards are expected ones; what ends an episode is left out of the rows. Options are
    those of ``Problem``; the start is the world's, where it tells one.
    """
    table = getattr(getattr(world, "unwrapped", world), "P", world)
    states = len(table)
    actions = len(table[0])
    reward = np.zeros((states, actions))
    indptr, indices, data = [0], [], []
    for s in range(states):
        for a in range(actions):
            merged: dict[int, float] = {}
            for probability, nxt, r, ended in table[s][a]:
                reward[s, a] += probability * r
                if not ended:
                    merged[int(nxt)] = merged.get(int(nxt), 0.0) + probability
            indices.extend(merged)
            data.extend(merged.values())
            indptr.append(len(indices))
    start = getattr(getattr(world, "unwrapped", world), "initial_state_distrib", None)
    if start is not None:
        options.setdefault("initial", np.asarray(start, dtype=np.float64))
    rows: Union[tuple[Any, ...], Any] = (np.array(indptr), np.array(indices), np.array(data, dtype=np.float64))
    return Problem(rows, reward, gamma=gamma, temperature=temperature, **options)
