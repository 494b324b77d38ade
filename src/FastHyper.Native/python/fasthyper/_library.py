"""The native library: where it is, what its structures look like, and what its statuses become."""
from __future__ import annotations

import ctypes
import os
import threading
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_int32, c_int64, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

ABI_VERSION = 2
FILE = "libfasthyper.so"

# Of glibc's leaves of CPUID, registers and bits: what x86-64-v3 has beyond the baseline (FMA, MOVBE, F16C, BMI1, AVX2, BMI2 and LZCNT),
# and x86-64-v4 beyond that (AVX512F, DQ, CD, BW and VL).
_V3_BITS = ((0, 2, 12), (0, 2, 22), (0, 2, 29), (1, 1, 3), (1, 1, 5), (1, 1, 8), (2, 2, 5))
_LEVELS = {"x86-64-v4": (*_V3_BITS, (1, 1, 16), (1, 1, 17), (1, 1, 28), (1, 1, 30), (1, 1, 31)), "x86-64-v3": _V3_BITS}


class Error(Exception):
    """What FastHyper refuses or cannot do, in one line.

    ``status`` is 1 where there is no answer (or none with a proof), 2 for bad input, 3 where the work was stopped, 4 for an error of
    FastHyper itself.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


class Array(Structure):
    """fh_array."""

    _fields_ = [
        ("data", c_void_p), ("type", c_int32), ("rank", c_int32), ("shape", c_int64 * 4), ("strides", c_int64 * 4),
    ]


class Matrix(Structure):
    """fh_matrix."""

    _fields_ = [("dense", Array), ("indptr", Array), ("indices", Array), ("data", Array), ("columns", c_int64)]


class Mdp(Structure):
    """fh_mdp."""

    _fields_ = [
        ("size", c_int64), ("P", Matrix), ("reward", Array), ("leader_reward", Array), ("features", Matrix), ("leader_features", Matrix),
        ("value_features", Matrix), ("state_features", Matrix), ("value_weights", Array), ("initial", Array), ("x", Array),
        ("prior", Array), ("ridge", c_double), ("gamma", c_double), ("gamma_leader", c_double),
        ("temperature", c_double), ("flags", c_int64),
    ]


class GameArrays(Structure):
    """fh_game."""

    _fields_ = [
        ("size", c_int64), ("P", Matrix), ("follower_reward", Array), ("leader_reward", Array), ("state_features", Matrix),
        ("initial", Array), ("theta", Array), ("gamma", c_double), ("gamma_leader", c_double), ("temperature", c_double),
    ]


class ProblemInfo(Structure):
    """fh_problem_info."""

    _fields_ = [
        *[(name, c_int64) for name in ("states", "actions", "parameters", "entries", "leader_actions", "contexts", "notices")],
        ("gamma", c_double), ("gamma_leader", c_double), ("temperature", c_double),
    ]


class SolverOptions(Structure):
    """fh_solver_options."""

    _fields_ = [
        ("size", c_int64), ("instances", c_int32), ("precision", c_int32), ("method", c_int32), ("own_transitions", c_int32),
        ("max_sweeps", c_int32), ("cold_pullbacks", c_int32), ("tolerance", c_double), ("linear_tolerance", c_double),
    ]


class NativeCertificate(Structure):
    """fh_certificate."""

    _fields_ = [
        ("residual", c_double), ("bound", c_double), ("iterations", c_int32), ("products", c_int32), ("method", c_int32),
        ("converged", c_int32),
    ]


class GradientOptions(Structure):
    """fh_gradient_options."""

    _fields_ = [
        ("size", c_int64), ("estimator", c_char_p), ("settings", c_char_p), ("seed", c_uint64), ("precision", c_int32),
        ("method", c_int32), ("batches", c_int32), ("warm_up", c_int32), ("iterations", c_int32), ("steps", c_int32),
    ]


class FollowerCall(Structure):
    """fh_follower_call."""

    _fields_ = [
        ("states", c_int64), ("actions", c_int64), ("instance", c_int64), ("iteration", c_int64), ("seed", c_uint64),
        ("reward", POINTER(c_double)), ("initial", POINTER(c_double)), ("policy", POINTER(c_double)),
    ]


WATCH = ctypes.CFUNCTYPE(c_int32, c_void_p, c_char_p)
FOLLOWER = ctypes.CFUNCTYPE(c_int32, c_void_p, POINTER(FollowerCall))


class LeaderOptions(Structure):
    """fh_leader_options."""

    _fields_ = [
        ("size", c_int64), ("estimator", c_char_p), ("settings", c_char_p), ("seed", c_uint64), ("leaders", c_int32),
        ("optimizer", c_int32), ("minimize", c_int32), ("precision", c_int32), ("contexts", c_int32), ("reserved", c_int32),
        ("learning_rate", c_double), ("gradient_clip", c_double), ("tolerance", c_double), ("follower", FOLLOWER), ("user", c_void_p),
    ]


_TYPES = {np.dtype(np.float64): 0, np.dtype(np.float32): 1, np.dtype(np.int64): 2, np.dtype(np.int32): 3}
_A = POINTER(Array)
_O = POINTER(c_void_p)
_SIGNATURES: dict[str, list[Any]] = {
    "fh_free": [c_void_p],
    "fh_backend_create": [c_char_p, c_int32, c_int32, _O],
    "fh_backend_description": [c_void_p, c_char_p, c_int64],
    "fh_backend_watch": [c_void_p, WATCH, c_void_p, c_int32],
    "fh_problem_create": [c_char_p, POINTER(Mdp), _O],
    "fh_game_create": [c_char_p, POINTER(GameArrays), _O],
    "fh_problem_open": [c_char_p, c_char_p, _O],
    "fh_problem_describe": [c_void_p, POINTER(ProblemInfo)],
    "fh_problem_notice": [c_void_p, c_int64, c_char_p, c_int64],
    "fh_problem_initial_x": [c_void_p, c_uint64, _A],
    "fh_problem_transitions": [c_void_p, _A, _A, _A],
    "fh_solver_create": [c_void_p, c_void_p, POINTER(SolverOptions), _O],
    "fh_solver_set": [c_void_p, c_int32, _A],
    "fh_solver_get": [c_void_p, c_int32, _A],
    "fh_solver_solve": [c_void_p, c_void_p],
    "fh_solver_gradient": [c_void_p, c_void_p],
    "fh_solver_vjp": [c_void_p, _A, _A, _A],
    "fh_solver_jvp": [c_void_p, _A, _A, _A],
    "fh_solver_reset": [c_void_p],
    "fh_gradient": [c_void_p, c_void_p, POINTER(GradientOptions), _A, _A, _A, _A, POINTER(c_double)],
    "fh_leader_create": [c_void_p, c_void_p, POINTER(LeaderOptions), _A, _O],
    "fh_leader_step": [c_void_p, c_int64, POINTER(c_int64)],
    "fh_leader_get": [c_void_p, _A, _A, _A],
    "fh_fit": [c_void_p, c_void_p, _A, c_int32, c_double, _A, _A, _A, POINTER(c_double), POINTER(c_int32)],
}


def _levels() -> list[str]:
    """Levels of x86-64 that the processor has, as glibc has asked it, from above: a library that uses more would end the process."""
    try:
        leaf = ctypes.CDLL(None).__x86_get_cpuid_feature_leaf
    except AttributeError:
        return []
    # Four registers as the processor has them, then four of what can be used.
    leaf.argtypes, leaf.restype = [ctypes.c_uint], POINTER(ctypes.c_uint32 * 8)
    return [
        level for level, bits in _LEVELS.items()
        if all(leaf(index).contents[4 + register] >> bit & 1 for index, register, bit in bits)]


def _find() -> Path:
    """The library for this processor: FASTHYPER_LIBRARY, a file or a folder, or the package's own."""
    given = os.environ.get("FASTHYPER_LIBRARY")
    folder = Path(given) if given else Path(__file__).parent / "lib"
    if folder.is_file():
        return folder
    for path in (*(folder / "glibc-hwcaps" / level / FILE for level in _levels()), folder / FILE):
        if path.exists():
            return path
    raise Error(f"{folder}: no {FILE} for this processor; expected one, or its path in FASTHYPER_LIBRARY", 1)


def _load() -> ctypes.CDLL:
    path = _find()
    try:
        library = ctypes.CDLL(str(path))
    except OSError as e:
        raise Error(f"{path}: cannot be loaded: {e}", 1) from e
    for name in ("fh_version", "fh_build", "fh_last_error"):
        getattr(library, name).restype = c_char_p
    found = library.fh_abi_version()
    if found != ABI_VERSION:
        raise Error(f"{path}: interface {found}; expected {ABI_VERSION}", 1)
    for name, types in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = types, c_int32
    return library


library = _load()


def version() -> str:
    """Version of the native library."""
    return library.fh_version().decode()


def build() -> str:
    """Lanes that the loaded build has code for on this processor: ``avx2``, ``avx-512`` or ``scalar``."""
    return library.fh_build().decode()


def describe(array: np.ndarray) -> Array:
    """The fh_array of an array, which must outlive it."""
    kind = _TYPES.get(array.dtype)
    if kind is None or array.ndim > 4:
        raise Error(f"array of {array.dtype} with {array.ndim} axes; expected float64, float32, int64 or int32 with at most 4")
    return Array(array.ctypes.data, kind, array.ndim, array.shape, array.strides)


def numbers(value: Any) -> np.ndarray:
    """An array of float64 or float32, as it is where it is one."""
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    return array if array.dtype in (np.float64, np.float32) else array.astype(np.float64)


def encode(settings: Optional[dict[str, Any]]) -> bytes:
    """Settings as lines ``key=value``."""
    def text(value: Any) -> str:
        return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)

    return "\n".join(f"{key}={text(value)}" for key, value in (settings or {}).items()).encode()


class Handle:
    """An object of the library's."""

    def __init__(self, function: Callable[..., int], *arguments: Any) -> None:
        self._handle = c_void_p()
        check(function(*arguments, byref(self._handle)))

    def close(self) -> None:
        """Frees it; nothing where that was done before."""
        handle, self._handle = getattr(self, "_handle", None), c_void_p()
        if handle:
            library.fh_free(handle)

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # The interpreter may be ending.
            pass


_raised = threading.local()


def check(status: int) -> None:
    """Raises what a status means; what a callback of this thread raised comes first."""
    if status == 0:
        return
    raised = getattr(_raised, "error", None)
    if raised is not None:
        _raised.error = None
        raise raised
    raise Error(library.fh_last_error().decode(), status)


def keep(error: BaseException) -> int:
    """Keeps what a callback raised for check, and is the status of a callback that failed."""
    _raised.error = error
    return 1


class Backend(Handle):
    """Where to compute. Calls on one backend wait for each other: threads that shall compute at once take one each.

    ``name``: ``cpu``, ``auto``, ``opencl``, ``opencl:NUMBER`` or ``opencl:NAME``. ``threads``: 0 for one a processor. ``lanes``: their
    width in bits, 64, 256 or 512, or 0 for the widest. Neither changes a bit of any result. ``progress``: called with a line every
    tenth of a second of long work. Ctrl-C stops long work.
    """

    def __init__(self, name: str = "cpu", threads: int = 0, lanes: int = 0, progress: Optional[Callable[[str], None]] = None) -> None:
        super().__init__(library.fh_backend_create, name.encode(), threads, lanes)

        def watch(_user: Any, work: bytes) -> int:
            try:
                if progress is not None:
                    progress(work.decode())
                return 0
            except BaseException as e:
                return keep(e)

        self._watch = WATCH(watch)
        check(library.fh_backend_watch(self._handle, self._watch, None, 100))

    def __repr__(self) -> str:
        text = ctypes.create_string_buffer(400)
        check(library.fh_backend_description(self._handle, text, len(text)))
        return f"Backend({text.value.decode()})"


_default: Optional[Backend] = None
_lock = threading.Lock()


def default_backend() -> Backend:
    """The processor, with a thread for each of its own: what is used where no backend is given."""
    global _default
    if _default is None:
        with _lock:
            if _default is None:
                _default = Backend()
    return _default
