// Types and addresses of all kernels. REAL is the engine's precision; sums over samples and states, and parameters, are
// double in both. Arrays hold the instances of one state (or state and action, or entry) side by side:
//   V[s I + i],   Q[(a S + s) I + i],   P[k I + i],   parameters x[p L + l]   (I instances, L leaders),
// so neighbouring work-items read neighbouring numbers, whether they are instances of a state or states of one instance.
// Where a leader acts the A actions are pairs (a, b) of the leader's and the follower's, at a B + b; B = A where it does not. Its
// policy f stands as Q does, at (a S + s) I + i; shares is null where the leader does not act.
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
// Sums mean the same on every device: products are fused into them only where fma is written.
#pragma OPENCL FP_CONTRACT OFF

// Transitions lie in slices of SLICE states. Within a slice the rows of an action are as long as its longest: entry k of
// the row of state s stands at slices[(s / SLICE) A + a] + k SLICE + s % SLICE, column -1 after the row's own entries.
// begins[a S + s] is the row's first entry in canonical order, the order of own probabilities; own is null where all
// instances share the values.
#define SLICE 32
#define MODEL uint S, uint A, uint B, uint I, __global const ulong* slices, __global const int* columns, \
              __global const REAL* values, __global const uint* begins, __global const REAL* own
#define MODEL_ARGS S, A, B, I, slices, columns, values, begins, own

// The transitions that lead to a state, in the order of their rows: rows a S + s, and their probabilities.
#define INCOMING __global const uint* incoming, __global const uint* sources, __global const REAL* flows, __global const uint* entries, \
                 __global const REAL* own

// The larger of two, and not a number where either is not.
double keep_max(double a, double b) { return a != a || b != b ? (double)NAN : fmax(a, b); }

// e^x for x <= 0, never zero or denormal; not a number stays what it is.
REAL positive_exp(REAL x)
{
#if REAL_IS_DOUBLE
    return exp(x < -708.0 ? -708.0 : x);
#else
    return exp(x < -87.0f ? -87.0f : x);
#endif
}

ulong row_at(uint s, uint a, uint i, uint S, uint I) { return ((ulong)a * S + s) * I + i; }

// Where the row of (s, a) begins in the slices.
ulong slice_at(uint s, uint a, uint A, __global const ulong* slices) { return slices[(s / SLICE) * A + a] + s % SLICE; }

// Sum over successors of P V.
REAL expectation(uint s, uint a, uint i, MODEL, __global const REAL* v)
{
    uint member = (s / SLICE) * A + a;
    ulong at = slices[member] + s % SLICE, end = slices[member + 1];
    REAL sum = 0;
    if (own) {
        ulong k = begins[a * S + s];
        for (; at < end; at += SLICE, k++) {
            int next = columns[at];
            if (next < 0) break;
            sum = fma(own[k * I + i], v[(uint)next * I + i], sum);
        }
    } else {
        for (; at < end; at += SLICE) {
            int next = columns[at];
            if (next < 0) break;
            sum = fma(values[at], v[(uint)next * I + i], sum);
        }
    }
    return sum;
}

// m + tau log(sum of e^((q_a - m) / tau)) of B actions, taken in one after the other: the sum is kept relative to the
// largest q so far, and rescaled when a larger one comes. One exponential an action.
REAL soft_maximum(uint s, uint first, uint i, MODEL, __global const REAL* v, __global const REAL* reward, REAL discount, REAL tau, REAL inverse)
{
    REAL largest = 0, sum = 1;
    for (uint a = first; a < first + B; a++) {
        REAL q = fma(discount, expectation(s, a, i, MODEL_ARGS, v), reward[row_at(s, a, i, S, I)]);
        if (a == first) {
            largest = q;
            continue;
        }
        REAL above = q - largest, e = positive_exp(-fabs(above) * inverse);
        if (above > 0) {
            sum = fma(sum, e, (REAL)1);
            largest = q;
        } else {
            sum += e;
        }
    }
    return fma(tau, log(sum), largest);
}

// The soft maximum, or where a leader acts sum_a f(a|s) V_a of those over the follower's actions, as V_0 + sum_a f(a|s) (V_a - V_0).
REAL soft_backup(uint s, uint i, MODEL, __global const REAL* shares, __global const REAL* v, __global const REAL* reward, REAL discount, REAL tau, REAL inverse)
{
    REAL first = soft_maximum(s, 0, i, MODEL_ARGS, v, reward, discount, tau, inverse), value = 0;
    for (uint a = 1; a < A / B; a++) {
        REAL soft = soft_maximum(s, a * B, i, MODEL_ARGS, v, reward, discount, tau, inverse);
        value = fma(shares[row_at(s, a, i, S, I)], soft - first, value);
    }
    return first + value;
}

// Bounds of a work-item; of one instance, the bounds of its group: 24 bytes a group instead of 24 a work-item.
void write_bounds(uint c, uint i, uint chunks, uint I, double fall, double rise, double size, __global double* bounds, __local double* shared)
{
    if (I > 1) {
        if (c >= chunks) return;
        ulong n = (ulong)chunks * I, at = (ulong)c * I + i;
        bounds[at] = fall;
        bounds[n + at] = rise;
        bounds[2 * n + at] = size;
        return;
    }
    uint lane = get_local_id(0), width = get_local_size(0);
    shared[lane] = fall;
    shared[width + lane] = rise;
    shared[2 * width + lane] = size;
    for (uint half_width = width / 2; half_width > 0; half_width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (lane < half_width)
            for (uint j = 0; j < 3; j++) shared[j * width + lane] = keep_max(shared[j * width + lane], shared[j * width + lane + half_width]);
    }
    if (lane == 0)
        for (uint j = 0; j < 3; j++) bounds[j * get_num_groups(0) + get_group_id(0)] = shared[j * width];
}
