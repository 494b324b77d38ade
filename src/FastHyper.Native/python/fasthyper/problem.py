"""Problems: an MDP or a game, and what the leader's parameters do to it."""
from __future__ import annotations

import ctypes
import math
import threading
from os import PathLike, fspath
from typing import Any, Callable, Optional

import numpy as np

from . import leader as _leader
from ._library import (
    Array, Backend, Error, GameArrays, GradientOptions, Handle, Matrix, Mdp, ProblemInfo, check, default_backend, describe, encode, library,
    numbers)
from .results import METHODS, Gradient, Solution
from .solver import PRECISIONS, Solver, choice

KEEP_ZEROS = 1


class _Arrays:
    """Structures of arrays, and what keeps the arrays alive."""

    def __init__(self) -> None:
        self.alive: list[Any] = []

    def array(self, value: Any) -> Array:
        if value is None:
            return Array()
        array = numbers(value)
        self.alive.append(array)
        return describe(array)

    def whole(self, value: Any) -> Array:
        array = np.asarray(value)
        array = array if array.dtype in (np.int64, np.int32) else array.astype(np.int64)
        self.alive.append(array)
        return describe(array)

    def matrix(self, value: Any, columns: int = 0) -> Matrix:
        if value is None:
            return Matrix()
        if hasattr(value, "tocsr"):
            value = value.tocsr()
            columns = value.shape[1]
            value = (value.indptr, value.indices, value.data)
        if isinstance(value, tuple):
            indptr, indices, data = value
            return Matrix(Array(), self.whole(indptr), self.whole(indices), self.array(data), columns)
        return Matrix(dense=self.array(value))


class _Model(Handle):
    """What problems of all kinds can do."""

    is_dense = False

    def __init__(self, function: Callable[..., int], *arguments: Any) -> None:
        super().__init__(function, *arguments)
        info = ProblemInfo()
        check(library.fh_problem_describe(self._handle, info))
        self.states: int = info.states
        self.actions: int = info.actions
        """Actions A of the follower; of a game, pairs of both, L*A."""
        self.parameters: int = info.parameters
        self.entries: int = info.entries
        """Stored transitions."""
        self.leader_actions: int = info.leader_actions
        """L of a game, 0 elsewhere."""
        self.contexts: int = info.contexts
        """Contexts, or followers of a game."""
        self.gamma: float = info.gamma
        self.gamma_leader: float = info.gamma_leader
        self.temperature: float = info.temperature
        self._cache = threading.local()
        self.notices: tuple[str, ...] = tuple(self._notice(i) for i in range(info.notices))
        """What was mended in the numbers, or is worth knowing of them."""

    def _notice(self, i: int) -> str:
        text = ctypes.create_string_buffer(1000)
        check(library.fh_problem_notice(self._handle, i, text, len(text)))
        return text.value.decode()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.states} states, {self.actions} actions, {self.parameters} parameters)"

    def initial_x(self, seed: int = 1) -> np.ndarray:
        """The x that a leader of a seed starts from, (P)."""
        x = np.empty(self.parameters)
        check(library.fh_problem_initial_x(self._handle, seed, describe(x)))
        return x

    def transitions(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """P in compressed rows as it is stored: indptr (S*A + 1), indices and data (entries)."""
        indptr, indices = np.empty(self.states * self.actions + 1, dtype=np.int64), np.empty(self.entries, dtype=np.int32)
        data = np.empty(self.entries)
        check(library.fh_problem_transitions(self._handle, describe(indptr), describe(indices), describe(data)))
        return indptr, indices, data

    @property
    def pairs(self) -> tuple[int, ...]:
        """Axes of rewards, Q and the policy: (S, A), of a game (S, L, A)."""
        if self.leader_actions == 0:
            return self.states, self.actions
        return self.states, self.leader_actions, self.actions // self.leader_actions

    def entries_of(self, dense: np.ndarray) -> np.ndarray:
        """The stored entries of dense transitions (…, S, A, S), of a game (…, S, L, A, S), or of their tangents."""
        flat = dense.reshape(dense.shape[:dense.ndim - len(self.pairs) - 1] + (self.states * self.actions, self.states))
        rows, columns = self._places()
        return np.ascontiguousarray(flat[..., rows, columns])

    def dense_of(self, entries: np.ndarray) -> np.ndarray:
        """Stored entries (…, entries) as dense transitions (…, S, A, S), of a game (…, S, L, A, S), zeros elsewhere."""
        dense = np.zeros(entries.shape[:-1] + (self.states * self.actions, self.states))
        rows, columns = self._places()
        dense[..., rows, columns] = entries
        return dense.reshape(entries.shape[:-1] + (*self.pairs, self.states))

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        indptr, indices, _ = self.transitions()
        return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), indices

    def solver(self, instances: int = 1, **options: Any) -> Solver:
        """A solver of ``instances`` of the problem, which keeps its state between calls.

        Options: ``tolerance`` (of the Bellman residual, times the temperature below one; 1e-10), ``linear_tolerance`` (relative, of
        gradients and pullbacks; 1e-14), ``method`` (auto, sweeps, gauss-seidel, shifted, anderson, policy-iteration), ``precision`` (f64,
        f32), ``max_sweeps``, ``own_transitions`` (whether P can be set), ``cold_pullbacks`` (whether each starts from zero, so that the
        same cotangents give the same bits), ``backend``.
        """
        return Solver(self, instances=instances, **options)  # type: ignore[arg-type]

    def solve(
        self, *, x: Any = None, reward: Any = None, check_converged: bool = True, backend: Optional[Backend] = None, **options: Any,
    ) -> Solution:
        """The follower's best response, from a cold start: the bits of ``fasthyper solve``.

        ``x`` (P) or (B, P) and ``reward`` (S, A) or (B, S, A), in place of the problem's own; B of them are solved at once. Options are
        those of ``solver``. Raises ``Error`` where there is no proof, unless ``check_converged`` is false.
        """
        return self._cold(x, reward, backend, options).solve(check_converged=check_converged)

    def gradient(
        self, estimator: str = "exact", *, x: Any = None, reward: Any = None, with_transitions: bool = False,
        settings: Optional[dict[str, Any]] = None, seed: int = 1, batches: int = 32, warm_up: int = -1, iterations: int = 0, steps: int = 0,
        method: str = "auto", precision: str = "f64", backend: Optional[Backend] = None,
    ) -> Gradient:
        """The gradient of the leader's discounted return in x, as ``fasthyper gradient`` has it.

        ``exact`` takes ``x`` (P) or (B, P) and ``reward`` (S, A) or (B, S, A), and gives the derivatives in rewards and the start beside
        (``with_transitions`` in P, too). Other estimators take ``x`` (P), ``settings`` by key (``{"critic.kind": "lstd"}``; ``fasthyper
        options NAME`` lists them), ``seed``, ``batches`` for the standard error, ``warm_up`` batches for critics that learn, ``steps`` in a
        batch, and ``iterations`` at x.
        """
        if estimator == "exact" and not settings:
            return self._cold(x, reward, backend, {"method": method, "precision": precision, "tolerance": 1e-14}).gradient(
                with_transitions=with_transitions)
        if reward is not None or with_transitions:
            raise Error(f"gradient: reward or with_transitions with {estimator}; expected exact")
        options = GradientOptions(
            ctypes.sizeof(GradientOptions), estimator.encode(), encode(settings), seed, choice("precision", precision, PRECISIONS),
            choice("method", method, METHODS), batches, warm_up, iterations, steps)
        direct, response, error = np.empty(self.parameters), np.empty(self.parameters), np.empty(self.parameters)
        objective = ctypes.c_double()
        at = None if x is None else numbers(x)
        check(library.fh_gradient(
            (backend or default_backend())._handle, self._handle, options, None if at is None else describe(at), describe(direct),
            describe(response), describe(error), objective))
        sampled = error.size > 0 and not math.isnan(error[0])
        return Gradient(direct + response, direct, response, objective.value, error if sampled else None)

    def leader(self, estimator: str = "exact", **options: Any) -> _leader.Leader:
        """Leaders that step when they are told to; see ``Leader`` for the options."""
        return _leader.Leader(self, estimator, **options)

    def lead(self, estimator: str = "exact", *, iterations: int = 100, every: Optional[int] = None, **options: Any) -> _leader.Lead:
        """Leads the follower for some iterations, and evaluates the exact objective every so many (by default ten times in all)."""
        return _leader.lead(self, estimator, iterations, every, options)

    def fit_log_likelihood(
        self, counts: Any, *, max_steps: int = 100, tolerance: float = 1e-6, backend: Optional[Backend] = None,
    ) -> _leader.Fit:
        """The x under which observed choices, counts (S, A), are likeliest, by Fisher's scoring from the problem's x."""
        return _leader.fit(self, counts, max_steps, tolerance, backend)

    def _cold(self, x: Any, reward: Any, backend: Optional[Backend], options: dict[str, Any]) -> Solver:
        """A solver that is as a new one: kept for the next call of this thread, as its making takes longer than a small solve."""
        backend = backend or default_backend()
        arrays = {"x": None if x is None else numbers(x), "reward": None if reward is None else numbers(reward)}
        instances = 1
        for array, rank in ((arrays["x"], 1), (arrays["reward"], 2)):
            if array is not None and array.ndim == rank + 1:
                instances = array.shape[0]
        kept = self._cache.__dict__.setdefault("solvers", {})
        key = (id(backend), instances, *sorted(options.items()))
        solver: Optional[Solver] = kept.get(key)
        if solver is None:
            if len(kept) >= 4:
                kept.clear()
            solver = kept[key] = Solver(self, instances=instances, backend=backend, **options)  # type: ignore[arg-type]
            self._starts(solver)
        else:
            solver.reset()
        return solver.set(**{"x": self._x, **{name: array for name, array in arrays.items() if array is not None}})

    def _starts(self, solver: Solver) -> None:
        if not hasattr(self, "_x"):
            x = solver.get(0)
            self._x = x if solver.instances == 1 else x[0].copy()

    def close(self) -> None:
        """Frees it, and what it keeps for this thread."""
        cache = getattr(self, "_cache", None)
        if cache is not None:
            cache.__dict__.clear()
        super().close()


class Problem(_Model):
    """A finite MDP whose rewards are linear in the leader's parameters x: r = reward + features x, l = leader_reward + leader_features x.

    ``P``: dense (S, A, S), a SciPy matrix (S*A, S) of rows s*A + a, or its (indptr, indices, data). A row may sum to less than one: the
    rest ends the episode. ``reward`` and ``leader_reward``: (S, A); zeros without the latter. ``features``, ``leader_features``: dense
    (S, A, P) or sparse (S*A, P). ``gamma``, ``gamma_leader``: discounts in [0, 1], the leader's by default the follower's.
    ``temperature``: entropy temperature, above 0. ``initial``: (S), uniform by default. ``x``: (P), zeros by default.
    ``prior``: (S, A), above 0: a policy that the temperature keeps the follower's near, by KL(pi | prior) in place of the entropy.
    ``value_features`` (S, A, k) or ``state_features`` (S, f): the follower's Q is linear in them, fitted with ``value_weights`` (S, A) and
    ``ridge``. ``keep_zeros``: zeros of a dense P are stored, so that they can be set and have a cotangent.
    """

    def __init__(
        self, P: Any, reward: Any, leader_reward: Any = None, *, gamma: float, temperature: float, gamma_leader: Optional[float] = None,
        features: Any = None, leader_features: Any = None, initial: Any = None, x: Any = None, prior: Any = None,
        value_features: Any = None,
        state_features: Any = None, value_weights: Any = None, ridge: float = 0.0, keep_zeros: bool = False, name: str = "problem",
    ) -> None:
        a = _Arrays()
        columns = 0 if x is None else len(x)
        mdp = Mdp(
            ctypes.sizeof(Mdp), a.matrix(P), a.array(reward), a.array(leader_reward), a.matrix(features, columns),
            a.matrix(leader_features, columns), a.matrix(value_features), a.matrix(state_features), a.array(value_weights),
            a.array(initial), a.array(x), a.array(prior), ridge, gamma, math.nan if gamma_leader is None else gamma_leader,
            temperature, KEEP_ZEROS if keep_zeros else 0)
        super().__init__(library.fh_problem_create, name.encode(), mdp)
        self.is_dense = not (hasattr(P, "tocsr") or isinstance(P, tuple))

    @staticmethod
    def open(what: str | PathLike[str], settings: Optional[dict[str, Any]] = None) -> _Model:
        """A preset (``four-rooms``), a configuration or a problem file (.npz), as the command line takes it, with settings by key."""
        return _Opened(library.fh_problem_open, fspath(what).encode(), encode(settings))


class _Opened(_Model):
    """A preset, or a problem of a file."""


class Game(_Model):
    """A two-player Markov game: the leader draws a from a policy f(a|s) = softmax(theta), the follower sees (s, a) and plays b.

    ``P``: dense (S, L, A, S), or sparse (S*L*A, S) of rows (s*L + a)*A + b. ``follower_reward``, ``leader_reward``: (S, L, A), or
    (N, S, L, A) of N followers. ``theta``: (S, L), or with ``state_features`` (S, K) of a policy that is linear in them (L, K); zeros by
    default. ``initial``, ``gamma``, ``gamma_leader`` and ``temperature`` as of a ``Problem``.
    """

    def __init__(
        self, P: Any, follower_reward: Any, leader_reward: Any, *, gamma: float, temperature: float, gamma_leader: Optional[float] = None,
        initial: Any = None, theta: Any = None, state_features: Any = None, name: str = "game",
    ) -> None:
        a = _Arrays()
        game = GameArrays(
            ctypes.sizeof(GameArrays), a.matrix(P), a.array(follower_reward), a.array(leader_reward), a.matrix(state_features),
            a.array(initial), a.array(theta), gamma, math.nan if gamma_leader is None else gamma_leader, temperature)
        super().__init__(library.fh_game_create, name.encode(), game)
        self.is_dense = not (hasattr(P, "tocsr") or isinstance(P, tuple))
