"""The sweep and the Newton step of `-- linear`, by NumPy and SciPy: python3 bench/linear.py [--quick]. Prints best times in ms."""
import sys
import time

import numpy as np
import scipy.linalg
import scipy.sparse


def best(work, rounds=5):
    work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def respond(q, tau):
    """V and policy of action values (S, A)."""
    top = q.max(axis=1, keepdims=True)
    e = np.exp((q - top) / tau)
    total = e.sum(axis=1, keepdims=True)
    return (top + tau * np.log(total))[:, 0], e / total


def show(name, sweep, matrix, factors):
    print(f"  {name:32s} sweep {sweep:10.2f}  matrix {matrix:10.2f}  factors {factors:10.2f}  Newton step {sweep + matrix + factors:10.2f}")


def random_transitions(states, actions, successors, rng):
    rows = states * actions
    columns = rng.integers(0, states, rows * successors).astype(np.int32)
    data = np.full(rows * successors, 1.0 / successors)
    return scipy.sparse.csr_matrix((data, columns, np.arange(0, rows * successors + 1, successors)), shape=(rows, states))


def per_action(name, states, actions, f, p, reward, gamma=0.99, tau=0.1):
    """Features of states, for each action apart; f dense or sparse (S, width)."""
    width = f.shape[1]
    k = actions * width
    w = np.random.default_rng(3).standard_normal((width, actions))
    state = {}
    gram = np.zeros((k, k))
    block = f.T @ f
    block = block.toarray() if scipy.sparse.issparse(block) else block
    for a in range(actions):
        gram[a * width:(a + 1) * width, a * width:(a + 1) * width] = block
    factor = scipy.linalg.lu_factor(gram + 1e-3 * np.eye(k))

    def sweep():
        v, pi = respond(f @ w, tau)
        y = reward + gamma * (p @ v).reshape(states, actions)
        b = (f.T @ y).T.ravel()
        state["pi"] = pi
        return scipy.linalg.lu_solve(factor, b)

    def matrix():
        pi = state["pi"]
        out = np.zeros((k, k))
        for b in range(actions):
            mean = f.multiply(pi[:, b:b + 1]).tocsr() if scipy.sparse.issparse(f) else f * pi[:, b:b + 1]
            for a in range(actions):
                part = f.T @ (p[a::actions] @ mean)
                out[a * width:(a + 1) * width, b * width:(b + 1) * width] = part.toarray() if scipy.sparse.issparse(part) else part
        return gram - gamma * out

    t = best(sweep), best(matrix, 2)
    a = matrix() + 1e-3 * np.eye(k)
    show(name, t[0], t[1], best(lambda: scipy.linalg.lu_factor(a), 2))


def pairs(name, states, actions, k, instances, p, gamma=0.99, tau=0.1):
    rng = np.random.default_rng(5)
    phi = rng.standard_normal((states * actions, k))
    reward = rng.standard_normal(states * actions)
    w = rng.standard_normal((k, instances))
    gram = phi.T @ phi
    factor = scipy.linalg.lu_factor(gram)
    state = {}

    def sweep():
        q = (phi @ w).reshape(states, actions, instances)
        top = q.max(axis=1, keepdims=True)
        e = np.exp((q - top) / tau)
        total = e.sum(axis=1, keepdims=True)
        v = (top + tau * np.log(total))[:, 0]
        state["pi"] = e / total
        return scipy.linalg.lu_solve(factor, phi.T @ (reward[:, None] + gamma * (p @ v)))

    def matrix():
        out = np.empty((instances, k, k))
        for i in range(instances):
            mean = (state["pi"][:, :, i, None] * phi.reshape(states, actions, k)).sum(axis=1)
            out[i] = gram - gamma * (phi.T @ (p @ mean))
        return out

    t = best(sweep), best(matrix, 2)
    a = matrix()
    show(name, t[0], t[1], best(lambda: [scipy.linalg.lu_factor(m) for m in a], 2))


def tiles(side, tilings, across):
    cells = np.arange(side * side)
    at = np.stack([cells // side, cells % side], axis=1) / (side - 1)
    columns = []
    for t in range(tilings):
        shift = [(t * (2 * axis + 1) % tilings) / tilings for axis in range(2)]
        tile = np.minimum(across, (at * across + shift).astype(int))
        columns.append(t * (across + 1) ** 2 + tile[:, 0] * (across + 1) + tile[:, 1])
    columns = np.stack(columns, axis=1).astype(np.int32)
    count = side * side
    return scipy.sparse.csr_matrix((np.ones(count * tilings), columns.ravel(), np.arange(0, count * tilings + 1, tilings)),
                                   shape=(count, tilings * (across + 1) ** 2))


def grid_transitions(side):
    states = side * side
    row, column = np.divmod(np.arange(states), side)
    to = np.stack([np.maximum(row - 1, 0) * side + column, row * side + np.minimum(column + 1, side - 1),
                   np.minimum(row + 1, side - 1) * side + column, row * side + np.maximum(column - 1, 0)], axis=1)
    data = np.full((states, 4, 4), 0.1)
    for a in range(4):
        data[:, a, a] = 0.7
    columns = np.repeat(to[:, None, :], 4, axis=1).astype(np.int32)
    return scipy.sparse.csr_matrix((data.ravel(), columns.ravel(), np.arange(0, 16 * states + 1, 4)), shape=(4 * states, states))


if __name__ == "__main__":
    quick = "--quick" in sys.argv
    rng = np.random.default_rng(1)
    n = 10_000 if quick else 100_000
    print(f"NumPy {np.__version__}, SciPy {scipy.__version__}, float64; best times in ms")
    per_action(f"random {n} x 8 x 8", n, 8, rng.standard_normal((n, 64)), random_transitions(n, 8, 8, rng), rng.standard_normal((n, 8)))
    side = 200 if quick else 1000
    per_action(f"grid {side}, tiles", side * side, 4, tiles(side, 8, 10), grid_transitions(side), rng.standard_normal((side * side, 4)))
    pairs("random 4096 x 4 x 8", 4096, 4, 32, 8 if quick else 64, random_transitions(4096, 4, 8, rng))
