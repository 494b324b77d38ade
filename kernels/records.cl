// What the samples of an instance say, all sums double. What a step says by itself takes a work-item a step, what follows
// from the steps before or after it a work-item a stream. Where steps add to the same number they do so in the order of
// streams and times: a group takes an instance's steps as many at a time as it has work-items, and of those with the same
// target the first adds for all, one after the other. Every size of groups gives the same bits.
#include "answers.cl"

#define RECORD uint streams, uint steps, __global const int* integers, __global double* numbers, __global const uchar* ends, \
               __global const int* episodes, __global const double* powers
#define SAMPLES uint i, MODEL, RECORD
#define SAMPLES_ARGS i, MODEL_ARGS, streams, steps, integers, numbers, ends, episodes, powers
#define LENGTH ((ulong)steps * streams * I)
#define TERMINATED 1
#define TRUNCATED 2

// What stands for the value of the next state.
#define SAMPLED 0
#define EXPECTED 1
#define GREEDY 2

// Step t of the instance's stream w.
#define AT(w, t) ((ulong)(t) * streams * I + (ulong)i * streams + (w))
#define EVERY_STEP(at) for (uint w = 0; w < streams; w++) for (ulong t = 0, at = AT(w, 0); t < steps; t++, at = AT(w, t))
#define STATE(at) (uint)integers[at]
#define ACTION(at) (uint)integers[LENGTH + (at)]
#define SLOT(at) integers[2 * LENGTH + (at)]
#define TIME(at) integers[3 * LENGTH + (at)]
#define REWARD(at) numbers[at]
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

// q(s,a) of a step, less the mean over the actions among which the follower chose.
double advantage(ulong at, SAMPLES, __global const REAL* policy, __global const REAL* q)
{
    return (double)q[ROW(at)] - mean_after(STATE(at), ACTION(at) / B, i, S, A, B, I, 0, policy, q);
}

// Mean over the visits of the actions among which the follower chose.
double visited_mean(ulong at, SAMPLES, __global const double* sums, __global const int* counts)
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

// Value of the state that a step led to, from all its actions.
double value_after(ulong at, SAMPLES, int bootstrap, double tau, __global const REAL* policy, __global const REAL* q)
{
    uint next = columns[taken(at, SAMPLES_ARGS)];
    return bootstrap == GREEDY ? greedy(next, i, S, A, B, I, tau, policy, q) : mean(next, i, S, A, B, I, tau, policy, q);
}

// Instance and place of the step that a work-item takes, all steps of all instances.
#define OF_STEP(at) ulong at = get_global_id(0); if (at >= LENGTH) return; uint i = at % ((ulong)streams * I) / streams
#define OF_STREAM uint j = get_global_id(0); if (j >= streams * I) return; uint i = j / streams, w = j % streams

// The steps of an instance, a group's width at a time: of each round a work-item takes one, or none at the end.
#define NOWHERE 0xFFFFFFFFFFFFFFFFUL
#define SHARED __local ulong* places, __local double* given
#define INSTANCE uint i = get_group_id(0)
#define STEPS_IN_ORDER for (ulong from = 0; from < (ulong)steps * streams; from += get_local_size(0))
#define TAKE(at, there) ulong mine = from + get_local_id(0); bool there = mine < (ulong)steps * streams; ulong at = there ? AT(mine / steps, mine % steps) : 0

// Shows the group what its work-items hand on; whether this one is the first with its place.
bool leads(ulong place, double value, SHARED)
{
    uint lane = get_local_id(0);
    places[lane] = place;
    given[lane] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    bool first = place != NOWHERE;
    for (uint k = 0; k < lane && first; k++) first = places[k] != place;
    return first;
}

void add_in_order(ulong place, double value, __global REAL* target, SHARED)
{
    if (leads(place, value, places, given)) {
        REAL sum = target[place];
        for (uint k = get_local_id(0); k < get_local_size(0); k++)
            if (places[k] == place) sum = (REAL)((double)sum + given[k]);
        target[place] = sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}
