// What a leader who acts does with its own actions, and what they are worth: rows (a S + s) I + i of its L actions.
#include "action-values.cl"

// f(a|s) = exp(x(s,a)) / sum_a' exp(x(s,a')), in place; one work-item for each state of each instance.
__kernel void leader_softmax(uint S, uint L, uint I, __global REAL* rows)
{
    uint at = get_global_id(0);
    if (at >= S * I) return;
    ulong step = (ulong)S * I, end = L * step + at;
    double largest = -INFINITY, sum = 0;
    for (ulong row = at; row < end; row += step) largest = fmax(largest, (double)rows[row]);
    for (ulong row = at; row < end; row += step) sum += exp(rows[row] - largest);
    for (ulong row = at; row < end; row += step) rows[row] = (REAL)(exp(rows[row] - largest) / sum);
}

// target = f (c - sum_a f c).
__kernel void leader_softmax_pullback(uint S, uint L, uint I, __global const REAL* f, __global const REAL* cotangent, __global REAL* target)
{
    uint at = get_global_id(0);
    if (at >= S * I) return;
    ulong step = (ulong)S * I, end = L * step + at;
    double mean = 0;
    for (ulong row = at; row < end; row += step) mean += (double)f[row] * (double)cotangent[row];
    for (ulong row = at; row < end; row += step) target[row] = (REAL)(f[row] * (cotangent[row] - mean));
}

// V(s,a) = tau log sum_b exp((r + gamma P V)(s,a,b) / tau); the second dimension are the leader's actions.
__kernel void leader_action_values(MODEL, __global const REAL* v, __global const REAL* reward, __global const double* temperatures, double discount, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I, a = get_global_id(1);
    target[row_at(s, a, i, S, I)] = soft_maximum(s, a * B, i, MODEL_ARGS, v, reward, (REAL)discount, (REAL)temperatures[i], (REAL)temperatures[I + i]);
}

// sum_b g(b|s,a) q(s,a,b), with temperatures that of q - tau log g; the second dimension are the leader's actions.
__kernel void leader_action_means(uint S, uint A, uint B, uint I, __global const REAL* policy, __global const REAL* q, __global const double* temperatures, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I, a = get_global_id(1);
    target[row_at(s, a, i, S, I)] = (REAL)mean_after(s, a, i, S, A, B, I, temperatures ? temperatures[i] : 0, policy, q);
}
