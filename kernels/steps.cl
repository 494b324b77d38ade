// Arrays of one number a step: from tables to steps, along episodes, and back to tables.
#include "records.cl"

#define ADD 1
#define SUBTRACT 2
#define MULTIPLY 3
#define DIVIDE 4

double combined(int operation, double x, double y)
{
    return operation == ADD ? x + y : operation == SUBTRACT ? x - y : operation == MULTIPLY ? x * y : operation == DIVIDE ? x / y : y;
}

// target = target o table(place); of shared probabilities there is no table. A step that stands nowhere is left alone, or set to 0.
__kernel void gather(MODEL, RECORD, TABLE table, NUMBERS exact, int place, int operation, __global double* target)
{
    OF_STEP(at);
    ulong to = place_of(at, place, SAMPLES_ARGS);
    if (to != NOWHERE) target[at] = combined(operation, target[at], table ? (double)table[to] : exact[taken(at, SAMPLES_ARGS)]);
    else if (operation == 0) target[at] = 0;
}

__kernel void gather_steps(ulong length, NUMBERS source, int operation, __global double* target)
{
    ulong at = get_global_id(0);
    if (at < length) target[at] = combined(operation, target[at], source[at]);
}

// target = target o sum_b pi q of the state in which a step stands.
__kernel void gather_values(MODEL, RECORD, TABLE policy, TABLE q, int place, int is_greedy, int operation, __global double* target)
{
    OF_STEP(at);
    uint s;
    if (!state_of(at, place, &s, SAMPLES_ARGS)) {
        if (operation == 0) target[at] = 0;
        return;
    }
    double value = is_greedy ? greedy(s, i, S, A, B, I, 0, policy, q) : mean(s, i, S, A, B, I, 0, policy, q);
    target[at] = combined(operation, target[at], value);
}

// q(s,a) of a step, less the mean over the actions among which the follower chose.
__kernel void advantages(MODEL, RECORD, TABLE policy, TABLE q, __global double* target)
{
    OF_STEP(at);
    target[at] = (double)q[ROW(at)] - mean_after(STATE(at), ACTION(at) / B, i, S, A, B, I, 0, policy, q);
}

// The factor of each instance, over tau and over its episodes where asked for.
__kernel void scales(MODEL, RECORD, NUMBERS temperatures, double factor, int per_episode, __global double* found)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double scale = temperatures ? factor * temperatures[I + i] : factor;
    found[i] = per_episode ? scale / episodes_of(SAMPLES_ARGS) : scale;
}

// target = scale gamma^t u; powers of the discount, or none, and u or ones.
__kernel void scale(MODEL, RECORD, NUMBERS source, NUMBERS powers, NUMBERS factors, __global double* target)
{
    OF_STEP(at);
    double u = source ? source[at] : 1;
    target[at] = factors[i] * (powers ? powers[TIME(at)] * u : u);
}

// Tables of visits hold zeros between calls: the sum of the steps of each (s,a), or what each of them holds, and how many they are.
__kernel void sum_visits(MODEL, RECORD, NUMBERS source, int same, uint parts, __global double* sums, __global int* counts, SHARED)
{
    INSTANCE;
    STEPS_IN_ORDER {
        TAKE(at, there);
        ulong row = there ? in_part(ROW(at), I, part, parts) : NOWHERE;
        if (leads(row, at, places, given)) {
            double sum = sums[row];
            int visits = counts[row];
            STEPS_WITH(row, other) {
                sum = same ? source[other] : sum + source[other];
                visits++;
            }
            sums[row] = sum;
            counts[row] = visits;
        }
        ROUND_ENDS;
    }
}

// Mean over the visits of the actions among which the follower chose.
double visited_mean(ulong at, SAMPLES, NUMBERS sums, __global const int* counts)
{
    double sum = 0;
    int visits = 0;
    for (uint a = ACTION(at) / B * B, last = a + B; a < last; a++) {
        ulong row = row_at(STATE(at), a, i, S, I);
        sum += sums[row];
        visits += counts[row];
    }
    return sum / visits;
}

__kernel void average_visits(MODEL, RECORD, NUMBERS source, int of_steps, int centred, NUMBERS sums, __global const int* counts,
                             __global double* target)
{
    OF_STEP(at);
    double u = of_steps ? source[at] : sums[ROW(at)] / counts[ROW(at)];
    target[at] = centred ? u - visited_mean(at, SAMPLES_ARGS, sums, counts) : u;
}

__kernel void clear_visits(MODEL, RECORD, __global double* sums, __global int* counts)
{
    OF_STEP(at);
    sums[ROW(at)] = 0;
    counts[ROW(at)] = 0;
}

// x_k = rho_k (u_k + gamma ((1 - lambda) v_k + lambda x')), x' of the step before, or backwards of the one after: a work-item takes the
// episodes that begin, as it goes, among so many steps of a stream.
__kernel void scan(MODEL, RECORD, NUMBERS source, NUMBERS ratios, NUMBERS blended,
                   double discount, double decay, double initial, double most, int backwards, int exclusive, uint stretch,
                   __global double* target)
{
    ulong id = get_global_id(0), N = (ulong)streams * I;
    uint j = id % N, k = id / N * stretch, last = min(k + stretch, steps);
    if (id / N * stretch >= steps) return;
    double x = 0;
    bool begun = false;
    for (; k < steps; k++) {
        ulong at = (ulong)(backwards ? steps - 1 - k : k) * N + j;
        bool begins = backwards ? ends[at] != 0 : integers[3 * LENGTH + at] == 0;
        if (k >= last && (begins || !begun)) return;
        begun |= begins;
        if (!begun) continue;
        double blend = begins ? (blended ? blended[at] : initial) : decay == 1 ? x : (1 - decay) * blended[at] + decay * x;
        double carried = discount * blend;
        x = source ? source[at] + carried : carried;
        if (ratios) x *= fmin(most, ratios[at]);
        target[at] = exclusive ? carried : x;
    }
}

#define WRITE 1
#define APPROACH 2

// target(place) += share u, or = share u, or towards it by the leader's step size; shares of the instances.
__kernel void scatter(MODEL, RECORD, NUMBERS source, NUMBERS shares, int place, int mode, NUMBERS step_sizes, uint per_leader,
                      uint parts, __global REAL* target, SHARED)
{
    INSTANCE;
    double size = mode == APPROACH ? step_sizes[i / per_leader] : 0;
    STEPS_IN_ORDER {
        TAKE(at, there);
        ulong to = there ? place_of(at, place, SAMPLES_ARGS) : NOWHERE;
        if (to != NOWHERE) to = in_part(to, I, part, parts);
        if (leads(to, at, places, given)) {
            REAL sum = target[to];
            STEPS_WITH(to, other) {
                double value = sum, u = shares[i] * source[other];
                sum = (REAL)(mode == WRITE ? u : mode == APPROACH ? value + size * (u - value) : value + u);
            }
            target[to] = sum;
        }
        ROUND_ENDS;
    }
}

// target(s,a) += y of the action taken, and target(s,b) += share pi(b|s) (z + w (q(s,b) - mean) / tau) for every b; shares of
// the instances.
__kernel void scatter_actions(MODEL, RECORD, TABLE policy, NUMBERS weights, NUMBERS taken_weights,
                              NUMBERS slopes, TABLE q, NUMBERS temperatures,
                              NUMBERS shares, uint parts, __global REAL* target, SHARED)
{
    INSTANCE;
    double inverse = temperatures[I + i], share = shares[i];
    STEPS_IN_ORDER {
        TAKE(at, there);
        ulong state = there ? in_part((ulong)STATE(at) * I + i, I, part, parts) : NOWHERE;
        if (leads(state, at, places, given)) {
            uint s = STATE(at);
            double centre = 0;
            for (uint b = 0; b < A; b++) {
                if (slopes && b % B == 0) centre = mean_after(s, b / B, i, S, A, B, I, 0, policy, q);
                ulong row = row_at(s, b, i, S, I);
                double pi = policy[row], over = slopes ? (double)q[row] - centre : 0;
                REAL sum = target[row];
                STEPS_WITH(state, other) {
                    if (taken_weights && ACTION(other) == b) sum = (REAL)((double)sum + taken_weights[other]);
                    double u = slopes ? slopes[other] * over * inverse : 0;
                    sum = (REAL)((double)sum + share * pi * (u + weights[other]));
                }
                target[row] = sum;
            }
        }
        ROUND_ENDS;
    }
}

// Parts of sum_k x_k y_k of each instance, streams one after the other: part c takes steps c, c + parts, ...
__kernel void sum_step_products(MODEL, RECORD, uint parts, NUMBERS x, NUMBERS y, __global double* sums)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= parts) return;
    double sum = 0;
    for (ulong k = c; k < (ulong)steps * streams; k += parts) sum += x[AT(k / steps, k % steps)] * y[AT(k / steps, k % steps)];
    sums[c * I + i] = sum;
}

__kernel void episode_means(MODEL, RECORD, __global double* sums)
{
    uint i = get_global_id(0);
    if (i < I) sums[i] /= episodes_of(SAMPLES_ARGS);
}

// An instance's steps between host order, (steps, streams), and the array.
ulong step_at(ulong k, uint streams, uint I, uint i) { return k / streams * streams * I + (ulong)i * streams + k % streams; }

__kernel void put_steps(NUMBERS host, ulong from, ulong count, uint streams, uint I, uint i, __global double* target)
{
    ulong k = get_global_id(0);
    if (k < count) target[step_at(from + k, streams, I, i)] = host[k];
}

__kernel void get_steps(__global double* host, ulong from, ulong count, uint streams, uint I, uint i, NUMBERS source)
{
    ulong k = get_global_id(0);
    if (k < count) host[k] = source[step_at(from + k, streams, I, i)];
}
