// What linear solves are proven by: residuals in double over the transitions themselves, whatever the solver held them as. Part c of
// instance i leaves its norms at (c n + j) I + i, n of them.

// V = sum_a pi (r + gamma P V): the largest |residual|, |V| and |sum_a pi r|; pi is read as normalised. With residual, what is left of each
// state stands there in the rows of all its actions.
__kernel void evaluation_residual(MODEL, __global const double* exact, __global const REAL* narrow, __global const double* wide,
                                  __global const REAL* reward, __global const REAL* policy, double discount, __global REAL* residual,
                                  uint chunks, __global double* parts)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= chunks) return;
    double largest = 0, solution = 0, source = 0;
    for (uint s = c; s < S; s += chunks) {
        double value = wide ? wide[s * I + i] : (double)narrow[s * I + i], share = 0, gain = 0, change = 0;
        for (uint a = 0; a < A; a++) {
            ulong at = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], k = begins[a * S + s], row = row_at(s, a, i, S, I);
            double next = 0, p = policy[row], r = reward[row];
            for (; at < end; at += SLICE, k++) {
                int to = columns[at];
                if (to < 0) break;
                next += (own ? (double)own[k * I + i] : exact[at]) * (wide ? wide[(uint)to * I + i] : (double)narrow[(uint)to * I + i]);
            }
            share += p;
            gain += p * r;
            change += p * (r + discount * next - value);
        }
        change /= share;
        if (residual)
            for (uint a = 0; a < A; a++) residual[row_at(s, a, i, S, I)] = (REAL)change;
        largest = keep_max(largest, fabs(change));
        solution = keep_max(solution, fabs(value));
        source = keep_max(source, fabs(gain / share));
    }
    __global double* to = parts + (ulong)c * 3 * I + i;
    to[0] = largest;
    to[I] = solution;
    to[2 * (ulong)I] = source;
}

// y = b + gamma P_pi^T y: sums of |residual|, |y|, |b|, y and b.
__kernel void adjoint_residual(uint S, uint I, INCOMING, __global const REAL* y, __global const REAL* source, __global const REAL* policy,
                               double discount, uint chunks, __global double* parts)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= chunks) return;
    double sums[5] = { 0, 0, 0, 0, 0 };
    for (uint s = c; s < S; s += chunks) {
        double flow = 0, b = source[s * I + i], value = y[s * I + i];
        for (uint k = incoming[s]; k < incoming[s + 1]; k++) {
            uint row = sources[k];
            double share = (double)policy[(ulong)row * I + i] * (double)y[(row % S) * I + i];
            flow += (double)(own ? own[(ulong)entries[k] * I + i] : flows[k]) * share;
        }
        sums[0] += fabs(b + discount * flow - value);
        sums[1] += fabs(value);
        sums[2] += fabs(b);
        sums[3] += value;
        sums[4] += b;
    }
    __global double* to = parts + (ulong)c * 5 * I + i;
    for (uint j = 0; j < 5; j++) to[(ulong)j * I] = sums[j];
}
