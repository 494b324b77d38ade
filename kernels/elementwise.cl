// Copies, products and sums.

// Numbers of one instance (or leader) between host order and the array: s A + a stands at a S + s where A > 0.
ulong place(ulong k, uint S, uint A) { return A > 0 ? k % A * S + k / A : k; }

__kernel void put(__global const double* host, ulong from, ulong count, uint S, uint A, uint stride, uint member, __global REAL* target)
{
    ulong k = get_global_id(0);
    if (k < count) target[place(from + k, S, A) * stride + member] = (REAL)host[k];
}

__kernel void put_wide(__global const double* host, ulong from, ulong count, uint S, uint A, uint stride, uint member, __global double* target)
{
    ulong k = get_global_id(0);
    if (k < count) target[place(from + k, S, A) * stride + member] = host[k];
}

__kernel void get(__global double* host, ulong from, ulong count, uint S, uint A, uint stride, uint member, __global const REAL* source)
{
    ulong k = get_global_id(0);
    if (k < count) host[k] = source[place(from + k, S, A) * stride + member];
}

__kernel void get_wide(__global double* host, ulong from, ulong count, uint S, uint A, uint stride, uint member, __global const double* source)
{
    ulong k = get_global_id(0);
    if (k < count) host[k] = source[place(from + k, S, A) * stride + member];
}

// v(s) += the instance's amount.
__kernel void shift(uint count, uint I, __global const double* amounts, __global REAL* v)
{
    uint at = get_global_id(0);
    if (at < count) v[at] += (REAL)amounts[at % I];
}

// target(s,a) = or += matrix(s,a) vector(s); the second dimension are actions.
__kernel void scale_by_state(uint count, __global const REAL* matrix, __global const REAL* vector, __global REAL* target, int accumulate)
{
    uint at = get_global_id(0);
    if (at >= count) return;
    ulong row = (ulong)get_global_id(1) * count + at;
    target[row] = accumulate ? fma(matrix[row], vector[at], target[row]) : matrix[row] * vector[at];
}

// c = pi (g - sum_b pi g) / tau, relative to the likeliest action's g: where pi is near deterministic its own g - mean is
// a tiny sum, which a difference of large numbers would lose. Where a leader acts, the mean is the follower's after each
// of the leader's actions, sum_b pi g / sum_b pi.
__kernel void q_cotangent(uint S, uint A, uint B, uint I, __global const REAL* policy, __global const REAL* g, __global const double* temperatures, __global REAL* target)
{
    uint at = get_global_id(0);
    if (at >= S * I) return;
    ulong step = (ulong)S * I, end = A * step + at;
    double inverse = temperatures[I + at % I];
    for (ulong first = at; first < end; first += B * step) {
        ulong last = first + B * step;
        REAL likeliest = policy[first];
        double origin = g[first], mean = 0, share = 0;
        for (ulong row = first; row < last; row += step)
            if (policy[row] > likeliest) {
                likeliest = policy[row];
                origin = g[row];
            }
        for (ulong row = first; row < last; row += step) {
            mean += policy[row] * (g[row] - origin);
            share += policy[row];
        }
        if (B < A && share > 0) mean /= share;
        for (ulong row = first; row < last; row += step) target[row] = (REAL)(policy[row] * (g[row] - origin - mean) * inverse);
    }
}

// target(k) = scale rows(s,a) v(s') for each stored transition.
__kernel void entry_cotangent(MODEL, __global const REAL* rows, __global const REAL* v, double scale, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I, a = get_global_id(1);
    ulong at = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], k = begins[a * S + s];
    REAL row = (REAL)scale * rows[row_at(s, a, i, S, I)];
    for (; at < end; at += SLICE, k++) {
        int next = columns[at];
        if (next < 0) break;
        target[k * I + i] = row * v[(uint)next * I + i];
    }
}

// target = (target or 0) + sum of up to four sources, each with a coefficient for every instance.
__kernel void combine(uint count, uint I, uint first, __global const double* coefficients, __global const REAL* x0, __global const REAL* x1,
                      __global const REAL* x2, __global const REAL* x3, int accumulate, __global REAL* target)
{
    uint at = get_global_id(0);
    if (at >= count) return;
    __global const double* c = coefficients + first * I + at % I;
    REAL sum = accumulate ? target[at] : 0;
    sum = fma(x0[at], (REAL)c[0], sum);
    if (x1) sum = fma(x1[at], (REAL)c[I], sum);
    if (x2) sum = fma(x2[at], (REAL)c[2 * I], sum);
    if (x3) sum = fma(x3[at], (REAL)c[3 * I], sum);
    target[at] = sum;
}

// Sums in fixed order: part c of vector i is the sum of numbers c, c + parts, c + 2 parts, ...; parts depend on the
// length alone. Few parts are summed up in the same way.
__kernel void sum_products(uint n, uint I, uint parts, __global const REAL* x, __global const REAL* y, __global double* sums)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= parts) return;
    double sum = 0;
    for (uint s = c; s < n; s += parts) sum += (double)x[s * I + i] * (double)y[s * I + i];
    sums[c * I + i] = sum;
}

__kernel void sum_squares(uint n, uint I, uint parts, __global const double* x, __global double* sums)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= parts) return;
    double sum = 0;
    for (uint s = c; s < n; s += parts) sum += x[(ulong)s * I + i] * x[(ulong)s * I + i];
    sums[c * I + i] = sum;
}

__kernel void sum_parts(uint n, uint I, uint parts, __global const double* x, __global double* sums)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= parts) return;
    double sum = 0;
    for (uint s = c; s < n; s += parts) sum += x[(ulong)s * I + i];
    sums[c * I + i] = sum;
}

__kernel void largest_parts(uint n, uint I, uint parts, __global const double* x, __global double* sums)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= parts) return;
    double most = -INFINITY;
    for (uint s = c; s < n; s += parts) most = keep_max(most, x[(ulong)s * I + i]);
    sums[c * I + i] = most;
}
