"""Time of one call from C and from Python, beside NumPy, SciPy and PyTorch doing the same: python3 bench/embedding.py [LIBRARIES].

LIBRARIES is a folder of src/FastHyper.Native/publish.sh; without it that is run first. One thread each. Solves are to 1e-10 from a cold
start with new rewards, V and policy read; gradients are of the leader's return in the rewards. All are by Newton's method (soft policy
iteration), so that the peers do no more work than the library. Prints best times of 7 rounds in microseconds.
"""
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

ROOT = Path(__file__).resolve().parents[1]
GAMMA, TAU, TOLERANCE = 0.95, 0.1, 1e-10


def random_problem(states, actions, successors, seed=1):
    rng = np.random.default_rng(seed)
    indices = np.concatenate([np.sort(rng.choice(states, successors, replace=False)) for _ in range(states * actions)]).astype(np.int32)
    data = rng.dirichlet(np.ones(successors), states * actions).ravel()
    indptr = np.arange(0, states * actions * successors + 1, successors, dtype=np.int64)
    P = scipy.sparse.csr_matrix((data, indices, indptr), shape=(states * actions, states))
    return P, rng.random((states, actions)), rng.random((states, actions))


def best(work, calls):
    work()
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        for _ in range(calls):
            work()
        times.append(1e6 * (time.perf_counter() - begin) / calls)
    return min(times)


def respond(Q):
    top = Q.max(1, keepdims=True)
    e = np.exp((Q - top) / TAU)
    total = e.sum(1, keepdims=True)
    return (top + TAU * np.log(total))[:, 0], e / total


def dense(P, r, l):
    """Solve and gradient by NumPy, P (S, A, S)."""
    S = len(r)

    def solve():
        V = np.zeros(S)
        while True:
            TV, policy = respond(r + GAMMA * P @ V)
            if np.abs(TV - V).max() <= TOLERANCE * TAU:
                return V, policy
            V = V + np.linalg.solve(np.eye(S) - GAMMA * np.einsum("sa,sat->st", policy, P), TV - V)

    def gradient():
        _, policy = solve()
        A = np.eye(S) - GAMMA * np.einsum("sa,sat->st", policy, P)
        V_L = np.linalg.solve(A, (policy * l).sum(1))
        d = np.linalg.solve(A.T, np.full(S, 1 / S))
        Q_L = l + GAMMA * P @ V_L
        c = policy * (Q_L - (policy * Q_L).sum(1, keepdims=True)) * d[:, None] / TAU
        y = np.linalg.solve(A.T, GAMMA * np.einsum("sa,sat->t", c, P))
        return c + policy * y[:, None]

    return solve, gradient


def sparse(P, r, l):
    """Solve and gradient by SciPy, P (S*A, S) in compressed rows."""
    S, A = r.shape
    rows = np.arange(S * A + 1)

    def matrix(policy):
        chosen = scipy.sparse.csr_matrix((policy.ravel(), np.arange(S * A), rows[::A]), shape=(S, S * A))
        return (scipy.sparse.identity(S) - GAMMA * (chosen @ P)).tocsc()

    def solve():
        V = np.zeros(S)
        while True:
            TV, policy = respond(r + GAMMA * (P @ V).reshape(S, A))
            if np.abs(TV - V).max() <= TOLERANCE * TAU:
                return V, policy
            V = V + scipy.sparse.linalg.spsolve(matrix(policy), TV - V)

    def gradient():
        _, policy = solve()
        factors = scipy.sparse.linalg.splu(matrix(policy))
        V_L = factors.solve((policy * l).sum(1))
        d = factors.solve(np.full(S, 1 / S), "T")
        Q_L = l + GAMMA * (P @ V_L).reshape(S, A)
        c = policy * (Q_L - (policy * Q_L).sum(1, keepdims=True)) * d[:, None] / TAU
        y = factors.solve(GAMMA * (P.T @ c.ravel()), "T")
        return c + policy * y[:, None]

    return solve, gradient


def by_torch(P, r, l):
    """Solve and gradient by PyTorch, P (S, A, S), and autograd through Newton's steps."""
    import torch
    torch.set_num_threads(1)
    P, l = torch.tensor(P), torch.tensor(l)
    S = len(r)
    one = torch.eye(S, dtype=torch.float64)

    def response(r):
        V = torch.zeros(S, dtype=torch.float64)
        while True:
            Q = r + GAMMA * P @ V
            TV, policy = TAU * torch.logsumexp(Q / TAU, 1), torch.softmax(Q / TAU, 1)
            if (TV - V).abs().max() <= TOLERANCE * TAU:
                return V, policy
            V = V + torch.linalg.solve(one - GAMMA * torch.einsum("sa,sat->st", policy, P), TV - V)

    def solve():
        with torch.no_grad():
            return response(torch.tensor(r))

    def gradient():
        reward = torch.tensor(r, requires_grad=True)
        _, policy = response(reward)
        A = one - GAMMA * torch.einsum("sa,sat->st", policy, P)
        torch.linalg.solve(A, (policy * l).sum(1)).mean().backward()
        return reward.grad.numpy()

    return solve, gradient


def main():
    with tempfile.TemporaryDirectory() as folder:
        libraries = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "lib"
        if len(sys.argv) == 1:
            subprocess.run(["bash", ROOT / "src/FastHyper.Native/publish.sh", libraries, "v3", "v4"], check=True)
        os.environ["FASTHYPER_LIBRARY"] = str(libraries)
        sys.path.insert(0, str(ROOT / "src/FastHyper.Native/python"))
        import fasthyper
        library = fasthyper._library.library
        problems = {6: random_problem(6, 3, 6), 500: random_problem(500, 4, 8)}
        with open(Path(folder) / "problems", "wb") as file:
            for P, r, l in problems.values():
                file.write(np.array([*r.shape, P.nnz], dtype=np.int64).tobytes() + np.array([GAMMA, TAU]).tobytes())
                for array in (P.indptr.astype(np.int64), P.indices.astype(np.int32), P.data, r, l):
                    file.write(array.tobytes())
        subprocess.run(
            ["gcc", "-O2", "-std=gnu11", ROOT / "bench/embedding.c", f"-I{ROOT}/src/FastHyper.Native", library._name, "-lm", "-o",
             f"{folder}/timing"],
            check=True)
        out = subprocess.run([f"{folder}/timing", f"{folder}/problems"], check=True, capture_output=True, text=True).stdout
        from_c = {name: float(value) for name, value in (line.split() for line in out.splitlines())}
        model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
        print(
            f"{time.strftime('%Y-%m-%d')}, {model}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
            f"Python {platform.python_version()}, NumPy {np.__version__}; build {fasthyper.build()}")
        print(f"{'microseconds':28s}{'C':>10s}{'Python':>10s}{'warm':>10s}{'NumPy':>10s}{'SciPy':>10s}{'PyTorch':>10s}")
        show("empty call", from_c["empty"], best(library.fh_abi_version, 100000))
        backend = fasthyper.Backend(threads=1)
        for states, (P, r, l) in problems.items():
            problem = fasthyper.Problem(P, r, l, gamma=GAMMA, temperature=TAU)
            solver = problem.solver(backend=backend, linear_tolerance=1e-12)
            P_dense = P.toarray().reshape(*r.shape, -1)
            peers = [dense(P_dense, r, l), sparse(P, r, l)]
            try:
                peers.append(by_torch(P_dense, r, l))
            except ImportError:
                pass
            n = 500 if states < 100 else 20
            g = solver.gradient().reward
            for peer in peers:
                assert np.abs(peer[1]() - g).max() <= 1e-7 * np.abs(g).max(), "the peers disagree"
            times = [best(peer[0], max(2, n // 20)) for peer in peers]
            show(
                f"solve {states} x {r.shape[1]}", from_c[f"solve-{states}"], best(lambda: problem.solve(reward=r, backend=backend), n),
                best(lambda: solver.solve(reward=r), n), *times)
            times = [best(peer[1], max(2, n // 20)) for peer in peers]
            show(
                f"gradient {states} x {r.shape[1]}", from_c[f"gradient-{states}"],
                best(lambda: problem.gradient(reward=r, backend=backend), n),
                best(lambda: solver.gradient(reward=r), n), *times)
        P, r, l = problems[6]
        problem, rng = fasthyper.Problem(P, r, l, gamma=GAMMA, temperature=TAU), np.random.default_rng(2)
        rewards = r + rng.standard_normal((1000, *r.shape))
        solver = problem.solver(1000, backend=backend)
        show("solve 1000 of 6 x 3, each", None, best(lambda: solver.reset().solve(reward=rewards), 5) / 1000)
        begin = time.perf_counter()
        for i in range(200):
            problem.solve(reward=rewards[i], backend=backend)
        print(f"200 solves of 6 x 3 for finite differences: {1e3 * (time.perf_counter() - begin):.1f} ms")


def show(name, c=None, *times):
    print(f"{name:28s}" + "".join(f"{'' if t is None else f'{t:.2f}' if t < 100 else f'{t:.0f}':>10s}" for t in (c, *times)))


if __name__ == "__main__":
    main()
