// Passes over the states that leave V as it is: one work-item for each state of each instance.

__kernel void action_values(MODEL, __global const REAL* v, __global const REAL* reward, double discount, __global REAL* q)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    for (uint a = 0; a < A; a++) {
        ulong row = row_at(s, a, i, S, I);
        q[row] = fma((REAL)discount, expectation(s, a, i, MODEL_ARGS, v), reward[row]);
    }
}

// exp((q_a - m) / tau) / sum_b exp((q_b - m) / tau), of the follower's actions, times the leader's share; q waits where the
// policy goes.
__kernel void policy(MODEL, __global const REAL* shares, __global const REAL* v, __global const REAL* reward, __global const double* temperatures, double discount, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    REAL inverse = temperatures[I + i];
    for (uint first = 0; first < A; first += B) {
        REAL largest = -INFINITY, sum = 0;
        for (uint a = first; a < first + B; a++) {
            ulong row = row_at(s, a, i, S, I);
            REAL q = fma((REAL)discount, expectation(s, a, i, MODEL_ARGS, v), reward[row]);
            target[row] = q;
            largest = fmax(largest, q);
        }
        for (uint a = first; a < first + B; a++) {
            ulong row = row_at(s, a, i, S, I);
            REAL e = positive_exp((target[row] - largest) * inverse);
            target[row] = e;
            sum += e;
        }
        REAL share = (shares ? shares[row_at(s, first / B, i, S, I)] : 1) / sum;
        for (uint a = first; a < first + B; a++) target[row_at(s, a, i, S, I)] *= share;
    }
}

// U <- U + v, rounded <- U, v <- 0.
__kernel void fold(uint count, __global double* potential, __global REAL* v, __global REAL* rounded)
{
    uint at = get_global_id(0);
    if (at >= count) return;
    double u = potential[at] + v[at];
    potential[at] = u;
    rounded[at] = (REAL)u;
    v[at] = 0;
}

// r + gamma P U - U in double, from double probabilities where they are shared.
__kernel void shape(MODEL, __global const double* exact, __global const double* u, __global const REAL* reward, double discount, __global REAL* shaped)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    for (uint a = 0; a < A; a++) {
        ulong at = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], k = begins[a * S + s];
        double sum = 0;
        for (; at < end; at += SLICE, k++) {
            int next = columns[at];
            if (next < 0) break;
            sum += (own ? (double)own[k * I + i] : exact[at]) * u[(uint)next * I + i];
        }
        ulong row = row_at(s, a, i, S, I);
        shaped[row] = (REAL)((double)reward[row] + discount * sum - u[s * I + i]);
    }
}

// |tau log sum_a exp(Q/tau) - V|, or its like where a leader acts, in double by formulas of its own, the most that rounding may have moved it by, and the
// largest row sum of P: three bounds for each part of each instance, as sweeps leave them.
__kernel void certify(MODEL, __global const REAL* shares, __global const double* exact, __global const REAL* narrow, __global const double* wide, __global const REAL* reward,
                      __global const double* temperatures, double discount, uint chunks, __global double* bounds)
{
    const double epsilon = 2.2204460492503131e-16;
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= chunks) return;
    double residual = 0, rounding = 0, row_sum = 0, tau = temperatures[i];
    for (uint s = c; s < S; s += chunks) {
        double largest = -INFINITY, sum = 0, error = 0, first = 0, soft = 0, size = 0;
        for (uint a = 0; a < A; a++) {
            ulong at = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], begin = begins[a * S + s], k = begin;
            double r = reward[row_at(s, a, i, S, I)], q = 0, mass = 0, magnitude = 0;
            for (; at < end; at += SLICE, k++) {
                int next = columns[at];
                if (next < 0) break;
                double p = own ? (double)own[k * I + i] : exact[at];
                double term = p * (wide ? wide[(uint)next * I + i] : (double)narrow[(uint)next * I + i]);
                q += term;
                mass += p;
                magnitude += fabs(term);
            }
            q = r + discount * q;
            row_sum = keep_max(row_sum, mass);
            // n products and sums of terms err by at most n units of rounding of the sum of |terms|.
            error = keep_max(error, epsilon * (fabs(r) + (k - begin + 2) * magnitude));
            if (q > largest) {
                sum = sum * exp((largest - q) / tau) + 1;
                largest = q;
            } else {
                sum += exp((q - largest) / tau);
            }
            if ((a + 1) % B) continue;
            double share = shares ? shares[row_at(s, a / B, i, S, I)] : 1;
            double after = largest + tau * log(sum);
            if (a < B) first = after;
            else soft += share * (after - first);
            size += share * (fabs(largest) + tau * (B + 2));
            largest = -INFINITY;
            sum = 0;
        }
        double value = wide ? wide[s * I + i] : (double)narrow[s * I + i];
        // A reward of -INFINITY would pass for that of an action which is never taken.
        residual = keep_max(residual, isfinite(error) ? fabs(first + soft - value) : (double)NAN);
        rounding = keep_max(rounding, error + epsilon * (fabs(value) + A / B * size));
    }
    ulong n = (ulong)chunks * I, to = (ulong)c * I + i;
    bounds[to] = residual;
    bounds[n + to] = rounding;
    bounds[2 * n + to] = row_sum;
}

// The largest |r| and |V|, for what storing them has rounded away.
__kernel void magnitudes(uint S, uint A, uint I, __global const REAL* narrow, __global const double* wide, __global const REAL* reward,
                         uint chunks, __global double* bounds)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= chunks) return;
    double rewards = 0, values = 0;
    for (uint s = c; s < S; s += chunks) {
        for (uint a = 0; a < A; a++) rewards = keep_max(rewards, fabs((double)reward[row_at(s, a, i, S, I)]));
        values = keep_max(values, fabs(wide ? wide[s * I + i] : (double)narrow[s * I + i]));
    }
    ulong n = (ulong)chunks * I, to = (ulong)c * I + i;
    bounds[to] = rewards;
    bounds[n + to] = values;
    bounds[2 * n + to] = 0;
}
