"""What solves and gradients come to. Arrays of one instance have no axis of instances; of several it is the first."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

import numpy as np

METHODS = ("auto", "sweeps", "gauss-seidel", "shifted", "anderson", "policy-iteration")


@dataclass(frozen=True)
class Certificate:
    """The proof of one instance's solve."""

    residual: float
    """The sup norm of TV - V, by a pass of its own in float64."""
    bound: float
    """V is no further than this from the solution."""
    iterations: int
    """Sweeps and steps."""
    products: int
    """Products with P that linear solves took."""
    method: str
    """What it was solved by."""
    converged: bool
    """Whether the residual is within the tolerance, or within rounding."""


@dataclass(frozen=True)
class Solution:
    """A follower's best response: V = tau log sum_a exp(Q/tau), Q = r + gamma P V, policy = exp((Q - V)/tau)."""

    V: np.ndarray
    """Soft values, (S); of a game (S, L)."""
    Q: np.ndarray
    """Action values, (S, A); of a game (S, L, A)."""
    policy: np.ndarray
    """Probabilities, as Q."""
    certificates: tuple[Certificate, ...]
    """The proof of each instance."""
    leader_policy: Optional[np.ndarray] = None
    """(S, L), of a game."""

    @property
    def residual(self) -> float:
        """The largest residual."""
        return max(c.residual for c in self.certificates)

    @property
    def bound(self) -> float:
        """The largest bound."""
        return max(c.bound for c in self.certificates)

    @property
    def iterations(self) -> int:
        """The most sweeps and steps."""
        return max(c.iterations for c in self.certificates)

    @property
    def converged(self) -> bool:
        """Whether all instances have."""
        return all(c.converged for c in self.certificates)


@dataclass(frozen=True)
class Cotangents:
    """What a pullback comes to: derivatives in what a solver was set to."""

    reward: np.ndarray
    """(S, A); of a game (S, L, A)."""
    x: np.ndarray
    """(P)."""
    transitions: Optional[np.ndarray] = None
    """One number a stored transition, or (S, A, S) where P was given dense; where asked for."""
    leader_policy: Optional[np.ndarray] = None
    """(S, L), of a game."""


@dataclass(frozen=True)
class Tangents:
    """Directional derivatives of a best response, in the shapes of a Solution."""

    V: np.ndarray
    Q: np.ndarray
    policy: np.ndarray


@dataclass(frozen=True)
class Gradient:
    """The gradient of the leader's discounted return, dF/dx = direct + response."""

    gradient: np.ndarray
    """(P)."""
    direct: np.ndarray
    """At a fixed policy, (P)."""
    response: np.ndarray
    """Through the follower's response, (P)."""
    objective: Union[float, np.ndarray]
    """The exact return J."""
    standard_error: Optional[np.ndarray] = None
    """(P), of estimates from samples."""
    reward: Optional[np.ndarray] = None
    """dF/dr, (S, A), of a game (S, L, A); of the exact gradient."""
    leader_reward: Optional[np.ndarray] = None
    """dF/dl, likewise."""
    initial: Optional[np.ndarray] = None
    """dF/dmu, (S)."""
    transitions: Optional[np.ndarray] = None
    """dF/dP as in Cotangents; where asked for."""
