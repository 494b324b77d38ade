// Traces, scores and visits of samples, and their returns.
#include "records.cl"

// q(s_k,a_k), for baselines that average it over visits.
__kernel void look_up(MODEL, RECORD, __global const REAL* q)
{
    OF_STEP(at);
    TRACE(at) = q[ROW(at)];
}

// u_k = gamma_L^{t_k} (q(s_k,a_k) - baseline) / tau, the baseline sum_b pi q or, where there are sums, their mean over the visits of s_k;
// both over the follower's actions alone where a leader acts.
__kernel void weigh_steps(MODEL, RECORD, __global const REAL* policy, __global const REAL* q, __global const double* temperatures,
                          __global const double* sums, __global const int* counts)
{
    OF_STEP(at);
    double over = sums ? (double)q[ROW(at)] - visited_mean(at, SAMPLES_ARGS, sums, counts) : advantage(at, SAMPLES_ARGS, policy, q);
    TRACE(at) = powers[TIME(at)] * over * temperatures[I + i];
}

// e_j = u_j + gamma e_{j-1}, with u or its mean over the visits of (s_j,a_j), perhaps less that over the visits of s_j
// (and of the leader's action).
__kernel void trace_weights(MODEL, RECORD, __global const double* sums, __global const int* counts, int centred, double discount)
{
    OF_STREAM;
    double e = 0;
    for (uint t = 0; t < steps; t++) {
        ulong at = AT(w, t);
        double u = sums ? sums[ROW(at)] / counts[ROW(at)] : TRACE(at);
        if (centred) u -= visited_mean(at, SAMPLES_ARGS, sums, counts);
        e = TIME(at) == 0 ? u : u + discount * e;
        TRACE(at) = e;
    }
}

// target(s_j,a_j) += e_j / episodes.
__kernel void add_traces(MODEL, RECORD, __global REAL* target, SHARED)
{
    INSTANCE;
    double share = 1 / episodes_of(SAMPLES_ARGS);
    STEPS_IN_ORDER {
        TAKE(at, there);
        add_in_order(there ? ROW(at) : NOWHERE, there ? share * TRACE(at) : 0, target, places, given);
    }
}

double probability(ulong at, SAMPLES, __global const double* exact)
{
    return own ? (double)own[entry_of(at, SAMPLES_ARGS) * I + i] : exact[taken(at, SAMPLES_ARGS)];
}

// target(k) += gamma e_j V(s_{j+1}) / (P(k) episodes).
__kernel void transition_traces(MODEL, RECORD, __global const double* exact, __global const REAL* v, double discount, __global REAL* target, SHARED)
{
    INSTANCE;
    double share = discount / episodes_of(SAMPLES_ARGS);
    STEPS_IN_ORDER {
        TAKE(at, there);
        double value = 0;
        ulong to = NOWHERE;
        if (there && SLOT(at) >= 0) {
            value = share * TRACE(at) * (double)v[(uint)columns[taken(at, SAMPLES_ARGS)] * I + i] / probability(at, SAMPLES_ARGS, exact);
            to = entry_of(at, SAMPLES_ARGS) * I + i;
        }
        add_in_order(to, value, target, places, given);
    }
}

// target(k) += gamma_L^{t_j + 1} V_L(s_{j+1}) / (P(k) episodes).
__kernel void transition_scores(MODEL, RECORD, __global const double* exact, __global const REAL* policy, __global const REAL* q, double discount, __global REAL* target, SHARED)
{
    INSTANCE;
    double share = discount / episodes_of(SAMPLES_ARGS);
    STEPS_IN_ORDER {
        TAKE(at, there);
        double value = 0;
        ulong to = NOWHERE;
        if (there && SLOT(at) >= 0) {
            value = share * powers[TIME(at)] * value_after(at, SAMPLES_ARGS, EXPECTED, 0, policy, q) / probability(at, SAMPLES_ARGS, exact);
            to = entry_of(at, SAMPLES_ARGS) * I + i;
        }
        add_in_order(to, value, target, places, given);
    }
}

// target(s_{j+1}) += gamma e_j / episodes.
__kernel void arrival_traces(MODEL, RECORD, double discount, __global REAL* target, SHARED)
{
    INSTANCE;
    double share = discount / episodes_of(SAMPLES_ARGS);
    STEPS_IN_ORDER {
        TAKE(at, there);
        bool arrives = there && SLOT(at) >= 0;
        ulong to = arrives ? (ulong)columns[taken(at, SAMPLES_ARGS)] * I + i : NOWHERE;
        add_in_order(to, arrives ? share * TRACE(at) : 0, target, places, given);
    }
}

// target(s_j,a_j), or target(s_j), += gamma_L^{t_j} / episodes.
__kernel void visits(MODEL, RECORD, int of_states, __global REAL* target, SHARED)
{
    INSTANCE;
    double share = 1 / episodes_of(SAMPLES_ARGS);
    STEPS_IN_ORDER {
        TAKE(at, there);
        ulong to = !there ? NOWHERE : of_states ? (ulong)STATE(at) * I + i : ROW(at);
        add_in_order(to, there ? share * powers[TIME(at)] : 0, target, places, given);
    }
}

// target(s_0) += V_L(s_0) / (mu(s_0) episodes).
__kernel void start_scores(MODEL, RECORD, __global const REAL* policy, __global const REAL* q, __global const REAL* initial, __global REAL* target, SHARED)
{
    INSTANCE;
    double share = 1 / episodes_of(SAMPLES_ARGS);
    STEPS_IN_ORDER {
        TAKE(at, there);
        double value = 0;
        ulong to = NOWHERE;
        if (there && TIME(at) == 0) {
            to = STATE(at) * I + i;
            value = share * mean(STATE(at), i, S, A, B, I, 0, policy, q) / (double)initial[to];
        }
        add_in_order(to, value, target, places, given);
    }
}

// Mean discounted leader return of the episodes; one work-item an instance.
__kernel void returns(MODEL, RECORD, __global double* result)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double sum = 0;
    EVERY_STEP(at) sum += powers[TIME(at)] * LEADER_REWARD(at);
    result[i] = sum / episodes_of(SAMPLES_ARGS);
}
