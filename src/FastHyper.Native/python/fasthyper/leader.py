"""Leaders at work, and fits."""
from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np

from ._library import FOLLOWER, Backend, Handle, LeaderOptions, check, default_backend, describe, encode, keep, library, numbers
from .solver import PRECISIONS, choice

if TYPE_CHECKING:
    from .problem import _Model

Follower = Callable[[np.ndarray, "FollowerTask"], Any]


@dataclass(frozen=True)
class FollowerTask:
    """What a follower of your own is asked for, beside the rewards."""

    instance: int
    iteration: int
    seed: int
    initial: np.ndarray
    """(S)."""


@dataclass(frozen=True)
class Lead:
    """What leading came to."""

    x: np.ndarray
    """(leaders, P)."""
    iterations: np.ndarray
    """Where the objective was evaluated, the start included."""
    objectives: np.ndarray
    """The exact return under the best response, (evaluations, leaders)."""

    @property
    def best(self) -> np.ndarray:
        """x of the leader with the largest last objective, (P)."""
        return self.x[int(np.nanargmax(self.objectives[-1]))]


@dataclass(frozen=True)
class Fit:
    """The parameters under which observed choices are likeliest."""

    x: np.ndarray
    """(P)."""
    standard_error: np.ndarray
    """(P)."""
    covariance: np.ndarray
    """The inverse of the sum of the scores' outer products, (P, P)."""
    log_likelihood: float
    converged: bool


class Leader(Handle):
    """Leaders that run at once, from consecutive seeds, and step along their estimated gradients.

    Options: ``x`` (P) to start from, ``settings`` of the estimator by key, ``seed``, ``leaders``, ``learning_rate``, ``optimizer`` (sgd,
    adam), ``gradient_clip`` (the largest norm; none by default), ``minimize``, ``averaged`` (contexts averaged rather than drawn),
    ``tolerance`` of the
    follower's solve, ``precision``, ``backend``, and ``follower``: a function of the rewards (S, A) and a ``FollowerTask`` that returns a
    policy (S, A), in place of the best response; for leaders that set rewards only.
    """

    def __init__(
        self, problem: _Model, estimator: str = "exact", *, x: Any = None, settings: Optional[dict[str, Any]] = None, seed: int = 1,
        leaders: int = 1, learning_rate: float = 0.1, optimizer: str = "sgd", gradient_clip: float = math.inf, minimize: bool = False,
        averaged: bool = False, tolerance: float = 1e-7, precision: str = "f64", follower: Optional[Follower] = None,
        backend: Optional[Backend] = None,
    ) -> None:
        self.problem = problem
        self.leaders = leaders
        self.backend: Backend = backend or default_backend()
        self._follower = FOLLOWER() if follower is None else FOLLOWER(_asked(follower))
        options = LeaderOptions(
            ctypes.sizeof(LeaderOptions), estimator.encode(), encode(settings), seed, leaders,
            choice("optimizer", optimizer, ("sgd", "adam")), minimize, choice("precision", precision, PRECISIONS), averaged, 0,
             learning_rate, gradient_clip, tolerance, self._follower, None)
        at = None if x is None else numbers(x)
        super().__init__(
            library.fh_leader_create, self.backend._handle, problem._handle, options, None if at is None else describe(at))

    def step(self, count: int = 1) -> int:
        """Steps, and tells the number of steps done in all."""
        done = ctypes.c_int64()
        check(library.fh_leader_step(self._handle, count, done))
        return done.value

    @property
    def x(self) -> np.ndarray:
        """(leaders, P)."""
        x = np.empty((self.leaders, self.problem.parameters))
        check(library.fh_leader_get(self._handle, describe(x), None, None))
        return x

    def objectives(self) -> np.ndarray:
        """The exact return of each leader under the best response, (leaders)."""
        values = np.empty(self.leaders)
        check(library.fh_leader_get(self._handle, None, describe(values), None))
        return values

    def gradient_norms(self) -> np.ndarray:
        """Norms of the last gradients, before the clip, (leaders)."""
        norms = np.empty(self.leaders)
        check(library.fh_leader_get(self._handle, None, None, describe(norms)))
        return norms


def lead(problem: _Model, estimator: str, iterations: int, every: Optional[int], options: dict[str, Any]) -> Lead:
    leader = Leader(problem, estimator, **options)
    step = every or max(1, iterations // 10)
    at, objectives = [0], [leader.objectives()]
    while at[-1] < iterations:
        at.append(leader.step(min(step, iterations - at[-1])))
        objectives.append(leader.objectives())
    return Lead(leader.x, np.array(at), np.array(objectives))


def fit(problem: _Model, counts: Any, max_steps: int, tolerance: float, backend: Optional[Backend]) -> Fit:
    n = problem.parameters
    x, error, covariance = np.empty(n), np.empty(n), np.empty((n, n))
    likelihood, converged = ctypes.c_double(), ctypes.c_int32()
    given = numbers(counts)
    check(library.fh_fit(
        (backend or default_backend())._handle, problem._handle, describe(given), max_steps, tolerance, describe(x), describe(error),
        describe(covariance), likelihood, converged))
    return Fit(x, error, covariance, likelihood.value, bool(converged.value))


def _asked(follower: Follower) -> Callable[..., int]:
    def respond(_user: Any, call: Any) -> int:
        try:
            c = call.contents
            reward = np.ctypeslib.as_array(c.reward, (c.states, c.actions)).copy()
            initial = np.ctypeslib.as_array(c.initial, (c.states,)).copy()
            policy = follower(reward, FollowerTask(c.instance, c.iteration, c.seed, initial))
            np.ctypeslib.as_array(c.policy, (c.states, c.actions))[...] = policy
            return 0
        except BaseException as e:
            return keep(e)

    return respond
