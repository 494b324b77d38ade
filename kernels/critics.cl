// Critics whose every step looks at what those before it have learnt: one work-item an instance.
#include "records.cl"

// Q of the step after, with the entropy of its action where that counts.
double value_of_next(ulong at, SAMPLES, double tau, TABLE policy, TABLE q)
{
    ulong next = at + (ulong)streams * I;
    double share = tau > 0 ? share_of(STATE(next), ACTION(next) / B, i, S, B, I, policy) : 1;
    return answer_value(ROW(next), share, tau, policy, q);
}

// SARSA, expected or greedy, of the leader's values or, with temperatures, of the follower's.
__kernel void learn_steps(MODEL, RECORD, NUMBERS rewards, TABLE policy, __global REAL* q, int bootstrap,
                          NUMBERS temperatures, double discount, NUMBERS step_sizes, uint per_leader)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double step = step_sizes[i / per_leader], tau = temperatures ? temperatures[i] : 0;
    EVERY_STEP(at) {
        double after = ends[at] == TERMINATED ? 0
            : ends[at] == TRUNCATED || bootstrap != SAMPLED ? value_after(at, SAMPLES_ARGS, bootstrap, tau, policy, q)
            : value_of_next(at, SAMPLES_ARGS, tau, policy, q);
        double value = q[ROW(at)];
        q[ROW(at)] = (REAL)(value + step * (rewards[at] + discount * after - value));
    }
}

// A sweep of q <- Tq, T the mean over visits of reward + gamma sum_b pi q(s',b), all pairs from the values before; or, without
// updates, a look at it. Largest change and largest value; tables of visits are zero before and after.
double2 sweep_values(SAMPLES, NUMBERS rewards, TABLE policy, __global REAL* q, double tau, double discount, bool updates,
                     __global double* sums, __global int* counts)
{
    EVERY_STEP(at) {
        sums[ROW(at)] += rewards[at] + (ends[at] == TERMINATED ? 0 : discount * value_after(at, SAMPLES_ARGS, EXPECTED, tau, policy, q));
        counts[ROW(at)]++;
    }
    double2 largest = 0;
    EVERY_STEP(at) {
        ulong row = ROW(at);
        if (counts[row] == 0) continue;
        double next = sums[row] / counts[row], value = q[row];
        largest.x = keep_max(largest.x, fabs(next - value));
        largest.y = keep_max(largest.y, fabs(updates ? next : value));
        if (updates) q[row] = (REAL)next;
        sums[row] = 0;
        counts[row] = 0;
    }
    return largest;
}

// Sweeps until the residual of what they left, measured afresh, is within the tolerance; or within rounding, once changes, which T
// contracts, shrink no more. Of each instance: residual, largest value, sweeps, and whether it is proven.
__kernel void solve_values(MODEL, RECORD, NUMBERS rewards, TABLE policy, __global REAL* q, NUMBERS temperatures,
                           double discount, double tolerance, double rounding, int limit, __global double* sums, __global int* counts,
                           __global double* found)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double tau = temperatures ? temperatures[i] : 0, last = INFINITY;
    double2 left = 0;
    bool proven = false;
    int sweep = 0;
    while (sweep < limit && !proven) {
        double2 change = sweep_values(SAMPLES_ARGS, rewards, policy, q, tau, discount, true, sums, counts);
        sweep++;
        if (!isfinite(change.x)) break;
        double allowed = change.x < last ? tolerance : rounding;
        last = change.x;
        if (change.x <= allowed * change.y) {
            left = sweep_values(SAMPLES_ARGS, rewards, policy, q, tau, discount, false, sums, counts);
            proven = left.x <= allowed * left.y;
        }
    }
    if (!proven) {
        left = sweep_values(SAMPLES_ARGS, rewards, policy, q, tau, discount, false, sums, counts);
        proven = left.x <= tolerance * left.y;
    }
    found[4 * i] = left.x;
    found[4 * i + 1] = left.y;
    found[4 * i + 2] = sweep;
    found[4 * i + 3] = proven;
}
