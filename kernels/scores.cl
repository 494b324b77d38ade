// What samples say to one work-item an instance, which takes their steps in order.
#include "records.cl"

void forget_visits(SAMPLES, __global double* sums, __global int* counts)
{
    EVERY_STEP(at) {
        sums[ROW(at)] = 0;
        counts[ROW(at)] = 0;
    }
}

// Sweeps of q <- mean over visits of l + gamma sum_b pi q(s',b), or with temperatures of the follower's r and soft values,
// all pairs from the values of the sweep before.
__kernel void solve_values(MODEL, RECORD, __global const REAL* policy, __global REAL* q, __global const double* temperatures, double discount,
                           double tolerance, int limit, __global double* sums, __global int* counts)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double tau = temperatures ? temperatures[i] : 0;
    EVERY_STEP(at) counts[ROW(at)]++;
    for (int sweep = 0; sweep < limit; sweep++) {
        EVERY_STEP(at)
            sums[ROW(at)] += (temperatures ? REWARD(at) : LEADER_REWARD(at))
                + (ends[at] == TERMINATED ? 0 : discount * value_after(at, SAMPLES_ARGS, EXPECTED, tau, policy, q));
        // The sign of a count tells in which sweeps its pair has been updated.
        int fresh = sweep % 2 == 0 ? 1 : -1;
        double change = 0, largest = 0;
        EVERY_STEP(at) {
            ulong row = ROW(at);
            if (counts[row] * fresh < 0) continue;
            double next = sums[row] / abs(counts[row]);
            change = fmax(change, fabs(next - (double)q[row]));
            largest = fmax(largest, fabs(next));
            q[row] = (REAL)next;
            sums[row] = 0;
            counts[row] = -counts[row];
        }
        if (change <= tolerance * largest) break;
    }
    forget_visits(SAMPLES_ARGS, sums, counts);
}

// Traces e_j = u_j + gamma e_{j-1} of weights W(s,a) = D(s,a) (q(s,a) - sum_b pi q) / tau, divided among the visits of (s,a), less those of s.
__kernel void transferred_traces(MODEL, RECORD, __global const REAL* policy, __global const REAL* q, __global const REAL* others, __global const double* temperatures,
                                 double discount, __global double* sums, __global int* counts, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    EVERY_STEP(at) {
        ulong row = ROW(at);
        counts[row]++;
        sums[row] = (double)others[row] * advantage(at, SAMPLES_ARGS, policy, q) * temperatures[I + i];
    }
    double e = 0;
    EVERY_STEP(at) {
        ulong row = ROW(at);
        double u = sums[row] / counts[row] - visited_mean(at, SAMPLES_ARGS, sums, counts);
        e = TIME(at) == 0 ? u : u + discount * e;
        TRACE(at) = e * episodes_of(SAMPLES_ARGS);
        target[row] = (REAL)((double)target[row] + e);
    }
    forget_visits(SAMPLES_ARGS, sums, counts);
}

// Traces with each last action in expectation, weighted for samples of another policy:
// rho_j = min(clip, pi/beta), p_j their product; target(s_j,b) += scale pi(b|s_j) (p_{j-1} u(s_j,b) + gamma e_{j-1}) / episodes,
// e_j = rho_j (p_{j-1} u(s_j,a_j) + gamma e_{j-1}), direct(s_j,b) += scale pi(b|s_j) gamma_L^t p_{j-1} / episodes.
__kernel void expected_traces(MODEL, RECORD, __global const REAL* policy, __global const REAL* behaviour, __global const REAL* q, __global const double* temperatures,
                              double discount, double clip, double scale, __global REAL* target, __global REAL* direct)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double inverse = temperatures[I + i], share = scale / episodes_of(SAMPLES_ARGS), e = 0, p = 1;
    EVERY_STEP(at) {
        uint s = STATE(at);
        if (TIME(at) == 0) {
            e = 0;
            p = 1;
        }
        double weight = p * powers[TIME(at)], centre = 0, before = discount * e;
        for (uint b = 0; b < A; b++) {
            if (b % B == 0) centre = mean_after(s, b / B, i, S, A, B, I, 0, policy, q);
            ulong row = row_at(s, b, i, S, I);
            double u = weight * ((double)q[row] - centre) * inverse, pi = policy[row];
            target[row] = (REAL)((double)target[row] + share * pi * (u + before));
            direct[row] = (REAL)((double)direct[row] + share * pi * weight);
            if (b != ACTION(at)) continue;
            double ratio = fmin(clip, pi / (double)behaviour[row]);
            e = ratio * (u + before);
            p *= ratio;
        }
        TRACE(at) = e;
    }
}

// w = R gamma^t / (tau episodes), R the discounted return of the step's episode: target(s_j,a_j) += w, target(s_j,b) -= w pi(b|s_j).
__kernel void trajectory_scores(MODEL, RECORD, __global const REAL* policy, __global const double* temperatures, double discount, double leader_discount, __global REAL* target)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double share = temperatures[I + i] / episodes_of(SAMPLES_ARGS), x = 0;
    for (uint w = 0; w < streams; w++) {
        double g = 0;
        for (uint left = steps; left > 0; left--) {
            ulong at = AT(w, left - 1);
            g = LEADER_REWARD(at) + (ends[at] ? 0 : leader_discount * g);
            TRACE(at) = g;
        }
    }
    EVERY_STEP(at) {
        x = TIME(at) == 0 ? share * TRACE(at) : x * discount;
        target[ROW(at)] = (REAL)((double)target[ROW(at)] + x);
        for (uint b = 0; b < A; b++) {
            ulong row = row_at(STATE(at), b, i, S, I);
            target[row] = (REAL)((double)target[row] - x * (double)policy[row]);
        }
    }
}
