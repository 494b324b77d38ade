// What the samples of an instance say: one work-item an instance, streams and times in order, all sums double.

#define RECORD uint streams, uint steps, __global const int* integers, __global double* numbers, __global const uchar* ends, \
               __global const int* episodes, __global const double* powers
#define SAMPLES uint i, MODEL, RECORD
#define SAMPLES_ARGS i, MODEL_ARGS, streams, steps, integers, numbers, ends, episodes, powers
#define LENGTH ((ulong)steps * streams * I)
#define TERMINATED 1
#define TRUNCATED 2

// Step t of the instance's stream w.
#define AT(w, t) ((ulong)(t) * streams * I + (ulong)i * streams + (w))
#define EVERY_STEP(at) for (uint w = 0; w < streams; w++) for (ulong t = 0, at = AT(w, 0); t < steps; t++, at = AT(w, t))
#define STATE(at) (uint)integers[at]
#define ACTION(at) (uint)integers[LENGTH + (at)]
#define SLOT(at) integers[2 * LENGTH + (at)]
#define TIME(at) integers[3 * LENGTH + (at)]
#define LEADER_REWARD(at) numbers[LENGTH + (at)]
#define TRACE(at) numbers[2 * LENGTH + (at)]
#define ROW(at) row_at(STATE(at), ACTION(at), i, S, I)

double episodes_of(SAMPLES)
{
    int sum = 0;
    for (uint w = 0; w < streams; w++) sum += episodes[i * streams + w];
    return sum;
}

// Where the successor of a step stands among the transitions.
ulong taken(ulong at, SAMPLES) { return slice_at(STATE(at), ACTION(at), A, slices) + (ulong)SLOT(at) * SLICE; }

ulong entry_of(ulong at, SAMPLES) { return begins[ACTION(at) * S + STATE(at)] + (ulong)SLOT(at); }

// sum_b pi(b|s) q(s,b).
double mean(uint s, SAMPLES, __global const REAL* policy, __global const REAL* q)
{
    double sum = 0;
    for (uint b = 0; b < A; b++) {
        ulong row = row_at(s, b, i, S, I);
        sum += (double)policy[row] * (double)q[row];
    }
    return sum;
}

double bootstrap(ulong at, SAMPLES, __global const REAL* policy, __global const REAL* q)
{
    return mean(columns[taken(at, SAMPLES_ARGS)], SAMPLES_ARGS, policy, q);
}

void towards(ulong row, double target, double step, __global REAL* q) { q[row] = (REAL)((double)q[row] + step * (target - (double)q[row])); }

// G_k = l_k + gamma ((1 - lambda) sum_b pi Q(s_{k+1}, b) + lambda G_{k+1}) of every step, into the trace. With lambda = 1
// these are the returns.
void trace_returns(SAMPLES, __global const REAL* policy, __global const REAL* q, double discount, double decay)
{
    for (uint w = 0; w < streams; w++) {
        double g = 0;
        for (uint left = steps; left > 0; left--) {
            ulong at = AT(w, left - 1);
            double after = ends[at] == TERMINATED ? 0
                : ends[at] == TRUNCATED ? bootstrap(at, SAMPLES_ARGS, policy, q)
                : decay == 1 ? g : (1 - decay) * bootstrap(at, SAMPLES_ARGS, policy, q) + decay * g;
            g = LEADER_REWARD(at) + discount * after;
            TRACE(at) = g;
        }
    }
}

__kernel void learn(MODEL, RECORD, __global const REAL* policy, __global REAL* q, double discount, __global const double* step_sizes, uint per_leader, double decay)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double step = step_sizes[i / per_leader];
    if (decay != 0) {
        trace_returns(SAMPLES_ARGS, policy, q, discount, decay);
        EVERY_STEP(at) towards(ROW(at), TRACE(at), step, q);
        return;
    }
    EVERY_STEP(at) {
        double after = ends[at] == TERMINATED ? 0
            : ends[at] == TRUNCATED ? bootstrap(at, SAMPLES_ARGS, policy, q) : (double)q[ROW(at + (ulong)streams * I)];
        towards(ROW(at), LEADER_REWARD(at) + discount * after, step, q);
    }
}

// Tables of visits hold zeros between calls.
__kernel void average_returns(MODEL, RECORD, __global const REAL* policy, __global REAL* q, double discount, __global double* sums, __global int* counts)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    trace_returns(SAMPLES_ARGS, policy, q, discount, 1);
    EVERY_STEP(at) {
        sums[ROW(at)] += TRACE(at);
        counts[ROW(at)]++;
    }
    EVERY_STEP(at) {
        ulong row = ROW(at);
        if (counts[row] == 0) continue;
        q[row] = (REAL)(sums[row] / counts[row]);
        sums[row] = 0;
        counts[row] = 0;
    }
}

// e_j = u_j + gamma e_{j-1}, u_k = gamma_L^{t_k} (q(s_k,a_k) - sum_b pi q) / tau or its mean over the visits of (s_k,a_k);
// target(s_j,a_j) += e_j / episodes.
__kernel void traces(MODEL, RECORD, __global const REAL* policy, __global const REAL* q, __global const double* temperatures, double discount,
                     __global double* sums, __global int* counts, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double inverse = temperatures[I + i], share = 1 / episodes_of(SAMPLES_ARGS);
    EVERY_STEP(at) {
        double advantage = (double)q[ROW(at)] - mean(STATE(at), SAMPLES_ARGS, policy, q);
        double u = powers[TIME(at)] * advantage * inverse;
        TRACE(at) = u;
        if (sums) {
            sums[ROW(at)] += u;
            counts[ROW(at)]++;
        }
    }
    for (uint w = 0; w < streams; w++) {
        double e = 0;
        for (uint t = 0; t < steps; t++) {
            ulong at = AT(w, t), row = ROW(at);
            double u = sums ? sums[row] / counts[row] : TRACE(at);
            e = TIME(at) == 0 ? u : u + discount * e;
            TRACE(at) = e;
            target[row] = (REAL)((double)target[row] + share * e);
        }
    }
    if (sums)
        EVERY_STEP(at) {
            sums[ROW(at)] = 0;
            counts[ROW(at)] = 0;
        }
}

double probability(ulong at, SAMPLES, __global const double* exact)
{
    return own ? (double)own[entry_of(at, SAMPLES_ARGS) * I + i] : exact[taken(at, SAMPLES_ARGS)];
}

// target(k) += gamma e_j V(s_{j+1}) / (P(k) episodes).
__kernel void transition_traces(MODEL, RECORD, __global const double* exact, __global const REAL* v, double discount, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double share = discount / episodes_of(SAMPLES_ARGS);
    EVERY_STEP(at) {
        if (SLOT(at) < 0) continue;
        double value = v[(uint)columns[taken(at, SAMPLES_ARGS)] * I + i];
        ulong to = entry_of(at, SAMPLES_ARGS) * I + i;
        target[to] = (REAL)((double)target[to] + share * TRACE(at) * value / probability(at, SAMPLES_ARGS, exact));
    }
}

// target(k) += gamma_L^{t_j + 1} V_L(s_{j+1}) / (P(k) episodes).
__kernel void transition_scores(MODEL, RECORD, __global const double* exact, __global const REAL* policy, __global const REAL* q, double discount, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double share = discount / episodes_of(SAMPLES_ARGS);
    EVERY_STEP(at) {
        if (SLOT(at) < 0) continue;
        double value = bootstrap(at, SAMPLES_ARGS, policy, q);
        ulong to = entry_of(at, SAMPLES_ARGS) * I + i;
        target[to] = (REAL)((double)target[to] + share * powers[TIME(at)] * value / probability(at, SAMPLES_ARGS, exact));
    }
}

// target(s_j,a_j) += gamma_L^{t_j} / episodes.
__kernel void visits(MODEL, RECORD, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double share = 1 / episodes_of(SAMPLES_ARGS);
    EVERY_STEP(at) target[ROW(at)] = (REAL)((double)target[ROW(at)] + share * powers[TIME(at)]);
}

// target(s_0) += V_L(s_0) / (mu(s_0) episodes).
__kernel void start_scores(MODEL, RECORD, __global const REAL* policy, __global const REAL* q, __global const REAL* initial, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double share = 1 / episodes_of(SAMPLES_ARGS);
    EVERY_STEP(at) {
        if (TIME(at) != 0) continue;
        uint state = STATE(at) * I + i;
        target[state] = (REAL)((double)target[state] + share * mean(STATE(at), SAMPLES_ARGS, policy, q) / (double)initial[state]);
    }
}

// Mean discounted leader return of the episodes.
__kernel void returns(MODEL, RECORD, __global double* result)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double sum = 0;
    EVERY_STEP(at) sum += powers[TIME(at)] * LEADER_REWARD(at);
    result[i] = sum / episodes_of(SAMPLES_ARGS);
}
