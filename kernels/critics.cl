// How critics learn from samples.
#include "records.cl"

double towards(double q, double target, double step) { return (double)(REAL)(q + step * (target - q)); }

// G_k = l_k + gamma ((1 - lambda) sum_b pi Q(s_{k+1}, b) + lambda G_{k+1}) of every step, or with greedy values, into the
// trace. With lambda = 1 these are the returns.
__kernel void trace_returns(MODEL, RECORD, __global const REAL* policy, __global const REAL* q, int bootstrap, double discount, double decay)
{
    OF_STREAM;
    double g = 0;
    for (uint left = steps; left > 0; left--) {
        ulong at = AT(w, left - 1);
        double after = ends[at] == TERMINATED ? 0
            : ends[at] == TRUNCATED ? value_after(at, SAMPLES_ARGS, bootstrap, 0, policy, q)
            : decay == 1 ? g : (1 - decay) * value_after(at, SAMPLES_ARGS, bootstrap, 0, policy, q) + decay * g;
        g = LEADER_REWARD(at) + discount * after;
        TRACE(at) = g;
    }
}

// Q towards the traces of its visits.
__kernel void learn_traces(MODEL, RECORD, __global REAL* q, __global const double* step_sizes, uint per_leader, SHARED)
{
    INSTANCE;
    double step = step_sizes[i / per_leader];
    STEPS_IN_ORDER {
        TAKE(at, there);
        ulong row = there ? ROW(at) : NOWHERE;
        if (leads(row, there ? TRACE(at) : 0, places, given)) {
            double value = q[row];
            for (uint k = get_local_id(0); k < get_local_size(0); k++)
                if (places[k] == row) value = towards(value, given[k], step);
            q[row] = (REAL)value;
        }
        barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    }
}

// Q of the step after, with the entropy of its action where that counts.
double value_of_next(ulong at, SAMPLES, double tau, __global const REAL* policy, __global const REAL* q)
{
    ulong next = at + (ulong)streams * I;
    double share = tau > 0 ? share_of(STATE(next), ACTION(next) / B, i, S, B, I, policy) : 1;
    return answer_value(ROW(next), share, tau, policy, q);
}

// SARSA, expected or greedy, of the leader's values or, with temperatures, of the follower's: each step looks at what those
// before it have learnt; one work-item an instance.
__kernel void learn_steps(MODEL, RECORD, __global const REAL* policy, __global REAL* q, int bootstrap, __global const double* temperatures,
                          double discount, __global const double* step_sizes, uint per_leader)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double step = step_sizes[i / per_leader], tau = temperatures ? temperatures[i] : 0;
    EVERY_STEP(at) {
        double after = ends[at] == TERMINATED ? 0
            : ends[at] == TRUNCATED || bootstrap != SAMPLED ? value_after(at, SAMPLES_ARGS, bootstrap, tau, policy, q)
            : value_of_next(at, SAMPLES_ARGS, tau, policy, q);
        q[ROW(at)] = (REAL)towards(q[ROW(at)], (temperatures ? REWARD(at) : LEADER_REWARD(at)) + discount * after, step);
    }
}

// Tables of visits hold zeros between calls: what the steps of each (s,a) hand on, and how many they are.
__kernel void sum_visits(MODEL, RECORD, __global double* sums, __global int* counts, SHARED)
{
    INSTANCE;
    STEPS_IN_ORDER {
        TAKE(at, there);
        ulong row = there ? ROW(at) : NOWHERE;
        if (leads(row, there ? TRACE(at) : 0, places, given)) {
            double sum = sums[row];
            int visits = counts[row];
            for (uint k = get_local_id(0); k < get_local_size(0); k++)
                if (places[k] == row) {
                    sum += given[k];
                    visits++;
                }
            sums[row] = sum;
            counts[row] = visits;
        }
        barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    }
}

__kernel void average_visits(MODEL, RECORD, __global const double* sums, __global const int* counts, __global REAL* q)
{
    OF_STEP(at);
    q[ROW(at)] = (REAL)(sums[ROW(at)] / counts[ROW(at)]);
}

__kernel void clear_visits(MODEL, RECORD, __global double* sums, __global int* counts)
{
    OF_STEP(at);
    sums[ROW(at)] = 0;
    counts[ROW(at)] = 0;
}
