// Episodes under the policy, one work-item a stream. Draws are those of Philox4x32-10 (Salmon et al., 2011) for the
// counter (step, purpose, stream, leader iteration) and the leader's seed; sums of probabilities are taken in order, in
// double, so that the same policy gives the same steps on every backend.

#define PURPOSE_STEP 0
#define PURPOSE_START 1

uint4 philox(uint4 counter, ulong key)
{
    uint k0 = (uint)key, k1 = (uint)(key >> 32);
    for (int round = 0; round < 10; round++) {
        ulong p0 = 0xD2511F53UL * counter.x, p1 = 0xCD9E8D57UL * counter.z;
        counter = (uint4)((uint)(p1 >> 32) ^ counter.y ^ k0, (uint)p1, (uint)(p0 >> 32) ^ counter.w ^ k1, (uint)p0);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return counter;
}

// A number in [0, 1) of 53 bits.
double unit(uint high, uint low) { return (double)((((ulong)high << 32) | low) >> 11) * (1.0 / 9007199254740992.0); }

// Running sums of the initial distribution of each instance, and its last possible state, or -1 where there is none.
__kernel void start_tables(uint S, uint I, __global const REAL* initial, __global double* cumulative, __global int* last)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    double sum = 0;
    int possible = -1;
    for (uint s = 0; s < S; s++) {
        double p = initial[s * I + i];
        if (p > 0) {
            sum += p;
            possible = s;
        }
        cumulative[(ulong)s * I + i] = sum;
    }
    last[i] = possible;
}

// The first state whose running sum exceeds u times the whole, or the last possible one.
int draw_start(uint i, uint I, __global const double* cumulative, int last, double u)
{
    int low = 0, high = last;
    u *= cumulative[(ulong)last * I + i];
    while (low < high) {
        int middle = (low + high) >> 1;
        if (u < cumulative[(ulong)middle * I + i]) high = middle;
        else low = middle + 1;
    }
    return low;
}

__kernel void rollout(MODEL, __global const double* exact, __global const REAL* policy, __global const REAL* reward, __global const REAL* leader_reward,
                      __global const double* cumulative, __global const int* last, __global const ulong* seeds, uint iteration,
                      uint streams, uint per_leader, uint steps, uint limit, double deficit,
                      __global int* integers, __global double* rewards, __global double* leader_rewards, __global uchar* ends,
                      __global int* episodes)
{
    uint j = get_global_id(0), N = I * streams;
    if (j >= N) return;
    uint i = j / streams, leader = i / per_leader, number = j - leader * per_leader * streams;
    ulong seed = seeds[leader], length = (ulong)steps * N;
    int state = 0, time = -1, begun = 0;
    for (uint t = 0; t < steps; t++) {
        if (time < 0) {
            uint4 w = philox((uint4)(t, PURPOSE_START, number, iteration), seed);
            state = draw_start(i, I, cumulative, last[i], unit(w.x, w.y));
            time = 0;
            begun++;
        }
        uint4 w = philox((uint4)(t, PURPOSE_STEP, number, iteration), seed);
        double u = unit(w.x, w.y), sum = 0;
        uint action = 0;
        for (uint a = 0; a < A; a++) {
            double p = policy[row_at(state, a, i, S, I)];
            if (p > 0) action = a;
            sum += p;
            if (u < sum) break;
        }
        ulong row = row_at(state, action, i, S, I), at = slice_at(state, action, A, slices), end = slices[(state / SLICE) * A + action + 1];
        ulong k = begins[action * S + state];
        int slot = -1, next = -1;
        bool found = false;
        u = unit(w.z, w.w);
        sum = 0;
        for (int n = 0; at < end; at += SLICE, n++, k++) {
            int column = columns[at];
            if (column < 0) break;
            double p = own ? (double)own[k * I + i] : exact[at];
            if (p > 0) {
                slot = n;
                next = column;
            }
            sum += p;
            if (u < sum) {
                slot = n;
                next = column;
                found = true;
                break;
            }
        }
        if (!found && 1 - sum > deficit) slot = -1;
        bool over = slot < 0, cut = !over && (time + 1 == (int)limit || t + 1 == steps);
        ulong to = (ulong)t * N + j;
        integers[to] = state;
        integers[length + to] = action;
        integers[2 * length + to] = slot;
        integers[3 * length + to] = time;
        rewards[to] = reward[row];
        leader_rewards[to] = leader_reward[row];
        ends[to] = over ? 1 : cut ? 2 : 0;
        time = over || cut ? -1 : time + 1;
        state = next;
    }
    episodes[j] = begun;
}
