"""FastHyper: best responses to finite MDPs and Markov games, their derivatives, and leaders, by a native library.

>>> import fasthyper
>>> problem = fasthyper.Problem(P, reward, leader_reward, features=Phi, gamma=0.95, temperature=0.1)
>>> problem.solve().policy, problem.gradient().gradient

Sizes: S states, A actions of the follower, P parameters of the leader, B instances that are solved at once. ``fasthyper.torch`` and
``fasthyper.jax`` make differentiable functions of it, ``fasthyper.gym`` worlds for followers that learn.
"""
from ._library import Backend, Error, build, default_backend, version
from .leader import Fit, Lead, Leader
from .problem import Game, Problem
from .results import Certificate, Cotangents, Gradient, Solution, Tangents
from .solver import Solver

__version__: str = version()
__all__ = [
    "Backend", "Certificate", "Cotangents", "Error", "Fit", "Game", "Gradient", "Lead", "Leader", "Problem", "Solution", "Solver",
    "Tangents", "build", "default_backend", "version",
]
