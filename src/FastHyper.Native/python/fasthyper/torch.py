"""Best responses and leaders' returns as differentiable functions of PyTorch, for first derivatives, on the processor."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import torch

from ._library import Error
from .solver import Solver

if TYPE_CHECKING:
    from .problem import Problem

_NAMES = ("x", "reward", "leader_reward", "initial", "transitions")
_TWICE = "fasthyper.torch.{}: double backward is not supported; expected first derivatives (fasthyper.jax has second ones)"


def best_response(
    problem: Problem | Solver, reward: torch.Tensor, transitions: Optional[torch.Tensor] = None, **options: Any,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """V (S), Q (S, A) and the policy (S, A) of the follower, differentiable in rewards and transitions.

    ``reward``: (S, A), or (B, S, A) of B instances that are solved at once. ``transitions``: the stored entries of P, (entries) or
    (B, entries), or (S, A, S) of a dense problem (made with ``keep_zeros=True`` if zeros shall have a derivative). Give a ``Solver``, with
    ``own_transitions`` where transitions are given, and the next call starts from the last; of a problem one is made each time, with
    ``options``. The derivative is found by one linear solve, in backward.
    """
    count = reward.shape[0] if reward.ndim == 3 else 1
    solver = _solver(problem, count, transitions is not None, options)
    return _BestResponse.apply(solver, reward, transitions)


def leader_return(problem: Problem | Solver, **tensors: torch.Tensor) -> torch.Tensor:
    """The leader's discounted return under the follower's best response, differentiable in what is given of ``x`` (P), or ``reward``
    (S, A), ``leader_reward`` (S, A), ``initial`` (S) and ``transitions``; with an axis of B instances before, (B).
    """
    unknown = [name for name in tensors if name not in _NAMES]
    if unknown:
        raise Error(f"leader_return: {unknown[0]!r}; expected {', '.join(_NAMES)}")
    ranks = {"x": 1, "reward": 2, "leader_reward": 2, "initial": 1, "transitions": 1}
    count = max((t.shape[0] for name, t in tensors.items() if name in ranks and t.ndim == ranks[name] + 1), default=1)
    solver = _solver(problem, count, "transitions" in tensors, {"tolerance": 1e-14})
    return _LeaderReturn.apply(solver, *[tensors.get(name) for name in _NAMES])


def _solver(problem: Problem | Solver, count: int, own: bool, options: dict[str, Any]) -> Solver:
    if isinstance(problem, Solver):
        if problem.instances != count:
            raise Error(f"solver of {problem.instances} instances for {count}; expected as many")
        return problem
    return problem.solver(count, own_transitions=own, **{"tolerance": 1e-12, "cold_pullbacks": True, **options})


def _host(tensor: Optional[torch.Tensor]) -> Any:
    return None if tensor is None else tensor.detach().cpu().numpy()


def _like(array: np.ndarray, tensor: torch.Tensor) -> torch.Tensor:
    """An array in the tensor's shape, type and place; what all instances share has the sum over them."""
    found = torch.from_numpy(np.ascontiguousarray(array)).to(dtype=tensor.dtype, device=tensor.device)
    while found.ndim > tensor.ndim:
        found = found.sum(0)
    return found.reshape(tensor.shape)


class _BestResponse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, solver: Solver, reward: torch.Tensor, transitions: Optional[torch.Tensor]) -> Any:
        arrays = {"reward": _host(reward)}
        if transitions is not None:
            arrays["transitions"] = _host(transitions)
        solution = solver.solve(**arrays)
        ctx.solver, ctx.stamp, ctx.arrays = solver, solver.stamp, arrays
        ctx.save_for_backward(reward, transitions)
        return tuple(torch.from_numpy(a).to(dtype=reward.dtype, device=reward.device) for a in (solution.V, solution.Q, solution.policy))

    @staticmethod
    def backward(ctx: Any, v: Any, q: Any, policy: Any) -> Any:
        reward, transitions = ctx.saved_tensors
        return (None, *_Pullback.apply(ctx, reward, transitions, v, q, policy))


class _Pullback(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, call: Any, reward: torch.Tensor, transitions: Optional[torch.Tensor], v: Any, q: Any, policy: Any) -> Any:
        solver = call.solver
        if solver.stamp != call.stamp:
            # Another call has used the solver since; the answer is found again from there.
            solver.set(**call.arrays)
            call.stamp = solver.stamp
        found = solver.vjp(_host(policy), _host(v), _host(q), with_transitions=transitions is not None)
        return _like(found.reward, reward), None if transitions is None else _entries(solver, found.transitions, transitions)

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise Error(_TWICE.format("best_response"))


class _LeaderReturn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, solver: Solver, *tensors: Optional[torch.Tensor]) -> Any:
        given = [(name, t) for name, t in zip(_NAMES, tensors) if t is not None]
        found = solver.gradient(with_transitions=tensors[4] is not None, **{name: _host(t) for name, t in given})
        cotangents = {
            "x": found.gradient, "reward": found.reward, "leader_reward": found.leader_reward, "initial": found.initial,
            "transitions": found.transitions}
        ctx.cotangents = [None if t is None else (cotangents[name], t) for name, t in zip(_NAMES, tensors)]
        ctx.solver = solver
        first = given[0][1] if given else torch.empty(0, dtype=torch.float64)
        return torch.as_tensor(found.objective, dtype=first.dtype, device=first.device)

    @staticmethod
    def backward(ctx: Any, objective: Any) -> Any:
        return (None, *_Scaled.apply(ctx, objective))


class _Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, call: Any, objective: torch.Tensor) -> Any:
        weights = objective.detach().cpu().numpy()
        results = []
        for name, pair in zip(_NAMES, call.cotangents):
            if pair is None:
                results.append(None)
                continue
            cotangent, tensor = pair
            scaled = cotangent * weights.reshape(weights.shape + (1,) * (cotangent.ndim - weights.ndim))
            results.append(_entries(call.solver, scaled, tensor) if name == "transitions" else _like(scaled, tensor))
        return tuple(results)

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise Error(_TWICE.format("leader_return"))


def _entries(solver: Solver, cotangent: np.ndarray, tensor: torch.Tensor) -> torch.Tensor:
    """Cotangents of P as the tensor has P: dense, or stored entries of a dense problem."""
    if solver.problem.is_dense and tensor.ndim < 3:
        cotangent = solver.problem.entries_of(cotangent)
    return _like(cotangent, tensor)
