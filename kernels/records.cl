// Recorded steps, all sums of them double. What a step says by itself takes a work-item a step, what follows from the steps
// before or after it a work-item an episode or more. Where steps add to the same number they do so in the order of streams
// and times: a group takes an instance's steps as many at a time as it has work-items, and of those with the same target the
// first adds for all, one after the other. Groups may share an instance, each with targets of its own. Every size and number
// of groups gives the same bits.
#include "action-values.cl"

#define RECORD uint streams, uint steps, __global const int* integers, __global const uchar* ends, __global const int* episodes
#define NUMBERS __global const double*
#define TABLE __global const REAL*
#define SAMPLES uint i, MODEL, RECORD
#define SAMPLES_ARGS i, MODEL_ARGS, streams, steps, integers, ends, episodes
#define LENGTH ((ulong)steps * streams * I)
#define TERMINATED 1
#define TRUNCATED 2

// Where a step stands, as StepPlace has it.
#define AT_PAIR 1
#define AT_STATE 2
#define AT_START 3
#define AT_NEXT 4
#define AT_CUT 5

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

// Whether a step stands anywhere, and in which state.
bool state_of(ulong at, int place, uint* state, SAMPLES)
{
    *state = STATE(at);
    if (place <= AT_STATE) return true;
    if (place == AT_START) return TIME(at) == 0;
    if (SLOT(at) < 0 || (place == AT_CUT && ends[at] != TRUNCATED)) return false;
    *state = columns[taken(at, SAMPLES_ARGS)];
    return true;
}

#define NOWHERE 0xFFFFFFFFFFFFFFFFUL

// Where a step stands in an array of the kind that goes with the place.
ulong place_of(ulong at, int place, SAMPLES)
{
    uint state;
    if (place == AT_PAIR) return ROW(at);
    if (place > AT_CUT) return SLOT(at) < 0 ? NOWHERE : entry_of(at, SAMPLES_ARGS) * I + i;
    return state_of(at, place, &state, SAMPLES_ARGS) ? (ulong)state * I + i : NOWHERE;
}

// Value of the state that a step led to, from all its actions.
double value_after(ulong at, SAMPLES, int bootstrap, double tau, TABLE policy, TABLE q)
{
    uint next = columns[taken(at, SAMPLES_ARGS)];
    return bootstrap == GREEDY ? greedy(next, i, S, A, B, I, tau, policy, q) : mean(next, i, S, A, B, I, tau, policy, q);
}

// Instance and place of the step that a work-item takes, all steps of all instances.
#define OF_STEP(at) ulong at = get_global_id(0); if (at >= LENGTH) return; uint i = at % ((ulong)streams * I) / streams

// The steps of an instance, a group's width at a time: of each round a work-item takes one, or none at the end. Of several
// groups each takes the targets of its part.
#define SHARED __local ulong* places, __local ulong* given
#define INSTANCE uint i = get_group_id(0) / parts, part = get_group_id(0) % parts
#define STEPS_IN_ORDER for (ulong from = 0; from < (ulong)steps * streams; from += get_local_size(0))
#define TAKE(at, there) ulong mine = from + get_local_id(0); bool there = mine < (ulong)steps * streams; ulong at = there ? AT(mine / steps, mine % steps) : 0

// A place, if it is of the group's part: numbers side by side go together.
ulong in_part(ulong place, uint I, uint part, uint parts) { return place / ((ulong)I * 8) % parts == part ? place : NOWHERE; }

// Shows the group which step goes where; whether this work-item is the first with its place.
bool leads(ulong place, ulong at, SHARED)
{
    uint lane = get_local_id(0);
    places[lane] = place;
    given[lane] = at;
    barrier(CLK_LOCAL_MEM_FENCE);
    bool first = place != NOWHERE;
    for (uint k = 0; k < lane && first; k++) first = places[k] != place;
    return first;
}

// The steps with the place of the one that leads, in order.
#define STEPS_WITH(place, other) for (uint k = get_local_id(0); k < get_local_size(0); k++) \
                                     for (ulong other = given[k], once = places[k] == place; once; once = 0)
#define ROUND_ENDS barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
