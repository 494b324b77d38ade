"""Best responses as differentiable functions of JAX, of any order: the fixed point is ``custom_root`` around the native solve.

Needs jax with 64-bit numbers (``jax.config.update("jax_enable_x64", True)``).
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._library import Error

if TYPE_CHECKING:
    from .problem import Problem


def best_response(problem: Problem, reward: Any) -> tuple[Any, Any, Any]:
    """V (S), Q (S, A) and the policy (S, A) of the follower for rewards (S, A); differentiable to any order, and under ``jax.vmap`` and
    ``jax.jit``. Many rewards, by ``vmap`` or with an axis before, are solved at once as instances.
    """
    if not jax.config.jax_enable_x64:
        raise Error("fasthyper.jax: jax computes in 32 bits; expected jax.config.update('jax_enable_x64', True)")
    gamma, tau, product = problem.gamma, problem.temperature, _product(problem)

    def action_values(v: Any) -> Any:
        return reward + gamma * product(v)

    def residual(v: Any) -> Any:
        return v - tau * jax.nn.logsumexp(action_values(v) / tau, axis=-1)

    def solve(_: Any, start: Any) -> Any:
        return _solved(problem)(reward)

    def tangent_solve(linear: Any, y: Any) -> Any:
        # I - gamma P_pi, S x S: its columns are what it makes of unit vectors.
        return lax.custom_linear_solve(linear, y, lambda matvec, b: _dense_solve(matvec, b), lambda vecmat, b: _dense_solve(vecmat, b))

    v = lax.custom_root(residual, jnp.zeros(reward.shape[:-1]), solve, tangent_solve)
    q = action_values(v)
    return v, q, jax.nn.softmax(q / tau, axis=-1)


def leader_return(problem: Problem, reward: Any, leader_reward: Any, initial: Any = None) -> Any:
    """The leader's discounted return under the best response to rewards (S, A), differentiable to any order."""
    policy = best_response(problem, reward)[2]
    gamma, product = problem.gamma_leader, _product(problem)

    def evaluate(v: Any) -> Any:
        return v - gamma * jnp.sum(policy * product(v), axis=-1)

    source = jnp.sum(policy * leader_reward, axis=-1)
    v = lax.custom_linear_solve(evaluate, source, lambda matvec, b: _dense_solve(matvec, b), lambda vecmat, b: _dense_solve(vecmat, b))
    mu = jnp.full(problem.states, 1.0 / problem.states) if initial is None else initial
    return v @ mu


def _solved(problem: Problem) -> Any:
    """The native solve, which takes what ``vmap`` stacks as instances."""
    @jax.custom_batching.custom_vmap
    def solved(reward: Any) -> Any:
        return _call(problem, reward)

    @solved.def_vmap
    def _(axis_size: int, in_batched: Any, reward: Any) -> Any:
        return _call(problem, reward), True

    return solved


def _call(problem: Problem, reward: Any) -> Any:
    def host(rewards: Any) -> np.ndarray:
        rewards = np.asarray(rewards)
        flat = rewards.reshape(-1, *rewards.shape[-2:])
        return problem.solve(reward=flat, tolerance=1e-12).V.reshape(rewards.shape[:-1])

    return jax.pure_callback(host, jax.ShapeDtypeStruct(reward.shape[:-1], jnp.float64), reward)


def _product(problem: Problem) -> Any:
    """V to P V, (S, A), by the stored entries."""
    indptr, indices, data = problem.transitions()
    rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    count = problem.states * problem.actions

    def product(v: Any) -> Any:
        terms = data * v[..., indices]
        sums = jnp.zeros(v.shape[:-1] + (count,)).at[..., rows].add(terms)
        return sums.reshape(v.shape[:-1] + (problem.states, problem.actions))

    return product


def _dense_solve(matvec: Any, b: Any) -> Any:
    size = b.shape[-1]
    columns = jax.vmap(matvec)(jnp.eye(size)) if b.ndim == 1 else jax.vmap(lambda e: matvec(jnp.broadcast_to(e, b.shape)))(jnp.eye(size))
    return jnp.linalg.solve(jnp.moveaxis(columns, 0, -1), b[..., None])[..., 0]
