"""Solvers: instances of a problem that stay on a backend."""
from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from ._library import Backend, Error, Handle, NativeCertificate, SolverOptions, check, default_backend, describe, library, numbers
from .results import METHODS, Certificate, Cotangents, Gradient, Solution, Tangents

if TYPE_CHECKING:
    from .problem import Problem

PRECISIONS = {"f64": 0, "f32": 1}
X, REWARD, LEADER_REWARD, INITIAL, TRANSITIONS, TEMPERATURE = range(6)
V, Q, POLICY, LEADER_POLICY = range(10, 14)
GRADIENT, DIRECT, RESPONSE = range(20, 23)
X_COTANGENT, REWARD_COTANGENT, LEADER_REWARD_COTANGENT, INITIAL_COTANGENT, TRANSITIONS_COTANGENT, LEADER_POLICY_COTANGENT = range(30, 36)
V_TANGENT, Q_TANGENT, POLICY_TANGENT = range(40, 43)
_SETTABLE = {
    "x": X, "reward": REWARD, "leader_reward": LEADER_REWARD, "initial": INITIAL, "transitions": TRANSITIONS, "temperature": TEMPERATURE,
}


def choice(name: str, value: str, among: Any) -> int:
    """The number of a name."""
    names = list(among)
    if value not in names:
        raise Error(f"{name}: {value!r}; expected one of {', '.join(names)}")
    return among[value] if isinstance(among, dict) else names.index(value)


class Solver(Handle):
    """``instances`` MDPs of one structure on a backend: what is set of them stays, and each solve, gradient and pullback starts from the
    last, which makes a sequence of like problems cheap. Not for use by two threads at once. See ``Problem.solver``.
    """

    def __init__(
        self, problem: Problem, *, instances: int = 1, tolerance: float = 1e-10, linear_tolerance: float = 1e-14, method: str = "auto",
        precision: str = "f64", max_sweeps: int = 1_000_000, own_transitions: bool = False, cold_pullbacks: bool = False,
        backend: Optional[Backend] = None,
    ) -> None:
        self.problem = problem
        self.instances = instances
        self.backend: Backend = backend or default_backend()
        options = SolverOptions(
            ctypes.sizeof(SolverOptions), instances, choice("precision", precision, PRECISIONS), choice("method", method, METHODS),
            own_transitions, max_sweeps, cold_pullbacks, tolerance, linear_tolerance)
        super().__init__(library.fh_solver_create, self.backend._handle, problem._handle, options)
        self.stamp = 0
        """Grows whenever anything is set."""
        self._contexts = problem.contexts
        self._certificates = (NativeCertificate * (instances * self._contexts))()

    def set(self, **arrays: Any) -> Solver:
        """Sets ``x`` (P), ``reward`` (S, A), ``leader_reward`` (S, A), ``initial`` (S), ``transitions`` (entries) or ``temperature``, with
        an axis of instances before or the same for all. ``x`` configures both rewards; rewards that are set stand until x is set again.
        """
        for name in sorted(arrays, key=lambda name: _SETTABLE.get(name, -1)):
            if name not in _SETTABLE:
                raise Error(f"solver: {name!r}; expected {', '.join(_SETTABLE)}")
            array = numbers(arrays[name])
            if name == "transitions" and self._is_dense(array):
                array = self.problem.entries_of(array)
            check(library.fh_solver_set(self._handle, _SETTABLE[name], describe(array)))
        self.stamp += 1
        return self

    def solve(self, *, check_converged: bool = True, **arrays: Any) -> Solution:
        """Sets arrays, if any, and lets the follower respond. Raises where there is no proof, unless told not to."""
        if arrays:
            self.set(**arrays)
        status = library.fh_solver_solve(self._handle, self._certificates)
        if status != 0 and (check_converged or status != 1):
            check(status)
        game = self.problem.leader_actions > 0
        return Solution(
            self.get(V), self.get(Q), self.get(POLICY),
            tuple(
                Certificate(c.residual, c.bound, c.iterations, c.products, METHODS[c.method], bool(c.converged)) for c in self._certificates),
            self.get(LEADER_POLICY)[0 if self._contexts > 1 else ...] if game else None)

    def gradient(self, *, with_transitions: bool = False, **arrays: Any) -> Gradient:
        """Sets arrays, if any, and takes the exact gradient of the leader's return; of P, too, where asked for."""
        if arrays:
            self.set(**arrays)
        objectives = np.empty(self.instances)
        check(library.fh_solver_gradient(self._handle, objectives.ctypes.data))
        return Gradient(
            self.get(GRADIENT), self.get(DIRECT), self.get(RESPONSE), float(objectives[0]) if self.instances == 1 else objectives, None,
            self.get(REWARD_COTANGENT), self.get(LEADER_REWARD_COTANGENT), self.get(INITIAL_COTANGENT),
            self.get(TRANSITIONS_COTANGENT) if with_transitions else None)

    def vjp(self, policy: Any = None, V: Any = None, Q: Any = None, *, with_transitions: bool = False) -> Cotangents:
        """Vector-Jacobian product: from cotangents of the policy (S, A), V (S) and Q (S, A), each optional, to those of the rewards and x,
        and of P where asked for. Of a game the policy and Q are (S, L, A) and V is (S, L), and the leader's policy has a cotangent, too,
        whose part in that of x is that through the response. Solves first where anything was set.
        """
        arrays = [None if given is None else numbers(given) for given in (policy, V, Q)]
        check(library.fh_solver_vjp(self._handle, *[None if array is None else describe(array) for array in arrays]))
        return Cotangents(
            self.get(REWARD_COTANGENT), self.get(X_COTANGENT), self.get(TRANSITIONS_COTANGENT) if with_transitions else None,
            self.get(LEADER_POLICY_COTANGENT) if self.problem.leader_actions > 0 else None)

    def jvp(self, reward: Any = None, transitions: Any = None, leader_policy: Any = None) -> Tangents:
        """Jacobian-vector product: from tangents of the rewards (S, A), of P and of a game's leader policy (S, L) to those of V, Q and the
        policy.
        """
        arrays = [None if given is None else numbers(given) for given in (reward, transitions, leader_policy)]
        if arrays[1] is not None and self._is_dense(arrays[1]):
            arrays[1] = self.problem.entries_of(arrays[1])
        check(library.fh_solver_jvp(self._handle, *[None if array is None else describe(array) for array in arrays]))
        return Tangents(self.get(V_TANGENT), self.get(Q_TANGENT), self.get(POLICY_TANGENT))

    def reset(self) -> Solver:
        """Forgets what solves start from: the next ones have the bits of the first."""
        check(library.fh_solver_reset(self._handle))
        self.stamp += 1
        return self

    def get(self, what: int, out: Optional[np.ndarray] = None) -> np.ndarray:
        """An array by its number in ``fasthyper.h``, written to ``out`` (float64 or float32, with any strides) where that is given."""
        array = np.empty(self._shape(what)) if out is None else out
        check(library.fh_solver_get(self._handle, what, describe(array)))
        return self.problem.dense_of(array) if what == TRANSITIONS_COTANGENT and self.problem.is_dense else array

    def _is_dense(self, transitions: np.ndarray) -> bool:
        """Whether transitions are given as the problem's were, and not by their stored entries."""
        return bool(self.problem.is_dense) and transitions.ndim > len(self.problem.pairs)

    def _shape(self, what: int) -> tuple[int, ...]:
        p = self.problem
        pairs = p.pairs
        shape: tuple[int, ...]
        count = self.instances * self._contexts
        if what in (V, V_TANGENT):
            shape = pairs[:-1]
        elif what in (Q, POLICY, Q_TANGENT, POLICY_TANGENT, REWARD_COTANGENT, LEADER_REWARD_COTANGENT):
            shape = pairs
        elif what in (REWARD, LEADER_REWARD):
            shape = (p.states, p.actions)
        elif what in (LEADER_POLICY, LEADER_POLICY_COTANGENT):
            shape = (p.states, p.leader_actions)
        elif what == TRANSITIONS_COTANGENT:
            shape = (p.entries,)
        elif what in (X, GRADIENT, DIRECT, RESPONSE, X_COTANGENT):
            shape, count = (p.parameters,), self.instances
        else:
            shape = (p.states,)
        return shape if count == 1 else (count, *shape)
