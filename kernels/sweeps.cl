// Sweeps from one array of values to another (Jacobi). A work-item takes states c, c + chunks, c + 2 chunks, ... of an
// instance i and keeps the bounds of what it changes: the largest fall, the largest rise and the largest value, all three
// maxima, and so the same in whatever order they are taken. Bounds of part c of instance i stand at (j n + c) I + i.

// Takes a change and the value that it led to; a value that is not finite makes all bounds not a number.
void note(REAL old, REAL value, double* fall, double* rise, double* size)
{
    double change = value - old;
    bool finite = isfinite(value);
    *fall = keep_max(*fall, finite ? -change : (double)NAN);
    *rise = keep_max(*rise, finite ? change : (double)NAN);
    *size = keep_max(*size, finite ? (double)fabs(value) : (double)NAN);
}

// Whether the instance still iterates; all do where there is no status.
bool iterates(__global const double* status, uint I, uint i) { return !status || ((__global const int*)(status + 4 * (ulong)I))[i]; }

// V(s) <- tau log sum_a exp((r + gamma P V)(s,a) / tau), or the leader's mean of such.
__kernel void soft_sweep(MODEL, __global const REAL* shares, __global const REAL* from, __global REAL* to, __global const REAL* reward,
                         __global const double* temperatures, double discount, __global const double* status, uint chunks,
                         __global double* bounds, __local double* shared)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    double fall = -INFINITY, rise = -INFINITY, size = 0;
    if (c < chunks) {
        bool active = iterates(status, I, i);
        REAL tau = temperatures[i], inverse = temperatures[I + i];
        for (uint s = c; s < S; s += chunks) {
            REAL old = from[s * I + i], value = old;
            if (active) {
                value = soft_backup(s, i, MODEL_ARGS, shares, from, reward, (REAL)discount, tau, inverse);
                note(old, value, &fall, &rise, &size);
            }
            to[s * I + i] = value;
        }
    }
    write_bounds(c, i, chunks, I, fall, rise, size, bounds, shared);
}

// V(s) <- sum_a pi(a|s) (r + gamma P V)(s,a).
__kernel void evaluation_sweep(MODEL, __global const REAL* from, __global REAL* to, __global const REAL* reward, __global const REAL* policy,
                               double discount, __global const double* status, uint chunks, __global double* bounds, __local double* shared)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    double fall = -INFINITY, rise = -INFINITY, size = 0;
    if (c < chunks) {
        bool active = iterates(status, I, i);
        for (uint s = c; s < S; s += chunks) {
            REAL old = from[s * I + i], value = old;
            if (active) {
                value = 0;
                for (uint a = 0; a < A; a++) {
                    ulong row = row_at(s, a, i, S, I);
                    value = fma(policy[row], fma((REAL)discount, expectation(s, a, i, MODEL_ARGS, from), reward[row]), value);
                }
                note(old, value, &fall, &rise, &size);
            }
            to[s * I + i] = value;
        }
    }
    write_bounds(c, i, chunks, I, fall, rise, size, bounds, shared);
}

// y(s) <- b(s) + gamma sum over what leads to s of P pi y, or where there is no policy of P c (then nothing is added).
__kernel void adjoint_sweep(uint S, uint I, INCOMING, __global const REAL* from, __global REAL* to,
                            __global const REAL* source, __global const REAL* rows, int weighted, double discount,
                            __global const double* status, uint chunks, __global double* bounds, __local double* shared)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    double fall = -INFINITY, rise = -INFINITY, size = 0;
    if (c < chunks) {
        bool active = iterates(status, I, i);
        for (uint s = c; s < S; s += chunks) {
            uint at = s * I + i;
            if (!active) {
                to[at] = from[at];
                continue;
            }
            REAL sum = 0;
            for (uint k = incoming[s]; k < incoming[s + 1]; k++) {
                uint row = sources[k];
                REAL p = own ? own[(ulong)entries[k] * I + i] : flows[k], z = rows[(ulong)row * I + i];
                if (weighted) z *= from[(row % S) * I + i];
                sum = fma(p, z, sum);
            }
            REAL value = source ? fma((REAL)discount, sum, source[at]) : (REAL)discount * sum;
            if (weighted) note(from[at], value, &fall, &rise, &size);
            to[at] = value;
        }
    }
    if (bounds) write_bounds(c, i, chunks, I, fall, rise, size, bounds, shared);
}

// Bounds of a whole instance from those of its n parts, one group an instance. With a status, it counts the sweep, and
// freezes the instance where its change is at most absolute + relative (magnitude + spread).
// The status holds change, magnitude, lowest, highest (I doubles each), then active and sweeps (I ints each) and how many are active.
__kernel void finish_sweep(uint n, uint I, __global const double* bounds, __global double* reduced, __global double* status,
                           __global const double* spread, double absolute, double relative, __local double* shared)
{
    uint i = get_group_id(0), lane = get_local_id(0), width = get_local_size(0);
    double most[3] = { -INFINITY, -INFINITY, -INFINITY };
    for (uint c = lane; c < n; c += width)
        for (uint j = 0; j < 3; j++) most[j] = keep_max(most[j], bounds[((ulong)j * n + c) * I + i]);
    for (uint j = 0; j < 3; j++) shared[j * width + lane] = most[j];
    for (uint half_width = width / 2; half_width > 0; half_width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (lane < half_width)
            for (uint j = 0; j < 3; j++) shared[j * width + lane] = keep_max(shared[j * width + lane], shared[j * width + lane + half_width]);
    }
    if (lane > 0) return;
    double lowest = -shared[0], highest = shared[width], magnitude = shared[2 * width];
    if (!status) {
        for (uint j = 0; j < 3; j++) reduced[(ulong)j * I + i] = shared[j * width];
        return;
    }
    __global int* active = (__global int*)(status + 4 * (ulong)I);
    if (!active[i]) return;
    double change = keep_max(fabs(lowest), fabs(highest));
    status[i] = change;
    status[I + i] = magnitude;
    status[2 * (ulong)I + i] = lowest;
    status[3 * (ulong)I + i] = highest;
    active[I + i]++;
    if (change <= absolute + relative * (magnitude + spread[i])) {
        active[i] = 0;
        atomic_dec(active + 2 * (ulong)I);
    }
}
