// BiCGStab (van der Vorst, 1992) for many instances at once: (I - gamma P_pi) x = b or its transpose, b = next - v the
// change of a sweep. Numbers of the instances stay on the device, I doubles each:
#define RHO 0
#define ALPHA 1
#define OMEGA 2
#define BETA 3
#define TARGET 4    // largest residual at which the solve ends
#define LAST 5      // change of the sweep before
#define INITIAL 6   // change of this sweep, the residual that the solve begins from
#define REACHED 7   // largest residual now
#define BEST 8
#define NUMBERS 9
// and then I ints each, and one: how many instances the solve goes on for.
#define SOLVING 0
#define SINCE 1     // iterations since the residual was clearly smaller than ever
#define PRODUCTS 2  // of all solves of a verb
#define INTS 3

#define NUMBER(k) numbers[(ulong)(k) * I + i]
#define INT(k) ((__global int*)(numbers + (ulong)NUMBERS * I))[(ulong)(k) * I + i]

bool solves(__global const double* numbers, uint I, uint i) { return ((__global const int*)(numbers + (ulong)NUMBERS * I))[i]; }

// Begins a solve for the instances that still iterate: to a part of the change (a smaller one where the sweep before did
// not have a much larger one), but not beyond what the limits ask for. With floor_units > 0 an instance ends where its
// change is rounding: not half the last one, and so many units in the last place.
__kernel void begin_solve(uint I, __global double* status, __global const double* spread, __global double* numbers, int first,
                          double loose, double tight, double absolute, double relative, double floor_units)
{
    uint i = get_global_id(0);
    if (i >= I) return;
    __global int* active = (__global int*)(status + 4 * (ulong)I);
    __global int* remaining = (__global int*)(numbers + (ulong)NUMBERS * I) + (ulong)INTS * I;
    // The last solve may have been cut off.
    if (INT(SOLVING)) atomic_dec(remaining);
    INT(SOLVING) = 0;
    if (!active[i]) return;
    double change = status[i], size = status[I + i] + spread[i], last = first ? INFINITY : NUMBER(LAST);
    NUMBER(LAST) = change;
    if (floor_units > 0 && change > 0.5 * last && change <= floor_units * size) {
        active[i] = 0;
        atomic_dec(active + 2 * (ulong)I);
        return;
    }
    NUMBER(INITIAL) = NUMBER(REACHED) = NUMBER(BEST) = change;
    if (!isfinite(change)) return;
    NUMBER(TARGET) = fmax((change > 0.7 * last ? tight : loose) * change, 0.3 * (absolute + relative * size));
    NUMBER(RHO) = NAN;
    INT(SINCE) = 0;
    INT(SOLVING) = 1;
    atomic_inc(remaining);
}

// x = 0, r = l = p = next - v.
__kernel void begin_vectors(uint count, uint I, __global const double* numbers, __global const REAL* v, __global const REAL* next,
                            __global REAL* x, __global REAL* r, __global REAL* l, __global REAL* p)
{
    uint at = get_global_id(0);
    if (at >= count || !solves(numbers, I, at % I)) return;
    REAL b = next[at] - v[at];
    x[at] = 0;
    r[at] = l[at] = p[at] = b;
}

// What part c of instance i adds to <l, y>, <x, y>, <y, y> and <l, x>, at (c 4 + j) I + i.
void write_products(uint c, uint i, uint I, double4 sums, __global double* parts)
{
    __global double* to = parts + (ulong)c * 4 * I + i;
    to[0] = sums.x;
    to[I] = sums.y;
    to[2 * (ulong)I] = sums.z;
    to[3 * (ulong)I] = sums.w;
}

double4 products_of(double x, double y, double l) { return (double4)(l * y, x * y, y * y, l * x); }

// y = x - gamma sum_a pi P x, and its inner products.
__kernel void response_product(MODEL, __global const REAL* policy, double discount, __global const double* numbers, __global const REAL* x,
                               __global REAL* y, __global const REAL* l, uint chunks, __global double* parts)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= chunks) return;
    double4 sums = (double4)(0);
    if (solves(numbers, I, i)) {
        for (uint s = c; s < S; s += chunks) {
            REAL mean = 0;
            for (uint a = 0; a < A; a++) mean = fma(policy[row_at(s, a, i, S, I)], expectation(s, a, i, MODEL_ARGS, x), mean);
            uint at = s * I + i;
            REAL result = fma((REAL)-discount, mean, x[at]);
            y[at] = result;
            sums += products_of(x[at], result, l[at]);
        }
    }
    write_products(c, i, I, sums, parts);
}

// The same with the transpose.
__kernel void transposed_product(uint S, uint I, INCOMING, __global const REAL* policy, double discount, __global const double* numbers,
                                 __global const REAL* x, __global REAL* y, __global const REAL* l, uint chunks, __global double* parts)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    if (c >= chunks) return;
    double4 sums = (double4)(0);
    if (solves(numbers, I, i)) {
        for (uint s = c; s < S; s += chunks) {
            REAL flow = 0;
            for (uint k = incoming[s]; k < incoming[s + 1]; k++) {
                uint row = sources[k];
                REAL share = policy[(ulong)row * I + i] * x[(row % S) * I + i];
                flow = fma(own ? own[(ulong)entries[k] * I + i] : flows[k], share, flow);
            }
            uint at = s * I + i;
            REAL result = fma((REAL)-discount, flow, x[at]);
            y[at] = result;
            sums += products_of(x[at], result, l[at]);
        }
    }
    write_products(c, i, I, sums, parts);
}

// alpha = rho / <l, A p>; the sums are <l, v>, <p, v>, <v, v>, <l, p> of v = A p.
__kernel void find_alpha(uint I, __global double* numbers, __global const double* sums)
{
    uint i = get_global_id(0);
    if (i >= I || !INT(SOLVING)) return;
    if (isnan(NUMBER(RHO))) NUMBER(RHO) = sums[3 * (ulong)I + i];
    double alpha = NUMBER(RHO) / sums[i];
    NUMBER(ALPHA) = isfinite(alpha) ? alpha : 0;
}

// r -= alpha v, which makes it s.
__kernel void half_step(uint count, uint I, __global const double* numbers, __global REAL* r, __global const REAL* v)
{
    uint at = get_global_id(0), i = at % I;
    if (at >= count || !solves(numbers, I, i)) return;
    r[at] = fma((REAL)-NUMBER(ALPHA), v[at], r[at]);
}

// omega = <t, s> / <t, t>, and with it rho' = <l, s> - omega <l, t> and beta; the sums are those of t = A s.
__kernel void find_omega(uint I, __global double* numbers, __global const double* sums)
{
    uint i = get_global_id(0);
    if (i >= I || !INT(SOLVING)) return;
    double square = sums[2 * (ulong)I + i], omega = square > 0 ? sums[I + i] / square : 0;
    double next = sums[3 * (ulong)I + i] - omega * sums[i];
    double beta = next / NUMBER(RHO) * (NUMBER(ALPHA) / omega);
    NUMBER(OMEGA) = omega;
    NUMBER(RHO) = next;
    // Without a direction to go on in, the iteration is the last.
    NUMBER(BETA) = isfinite(beta) ? beta : NAN;
}

// x += alpha p + omega s, r = s - omega t, p = r + beta (p - omega v); and the largest |r|.
__kernel void whole_step(uint S, uint I, __global const double* numbers, __global REAL* x, __global REAL* r, __global REAL* p, __global const REAL* v,
                         __global const REAL* t, uint chunks, __global double* bounds, __local double* shared)
{
    uint c = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    double largest = 0;
    if (c < chunks && solves(numbers, I, i)) {
        REAL alpha = (REAL)NUMBER(ALPHA), omega = (REAL)NUMBER(OMEGA), beta = (REAL)NUMBER(BETA);
        for (uint s = c; s < S; s += chunks) {
            uint at = s * I + i;
            REAL middle = r[at], direction = p[at], rest = fma(-omega, t[at], middle);
            x[at] = fma(alpha, direction, fma(omega, middle, x[at]));
            r[at] = rest;
            p[at] = fma(beta, fma(-omega, v[at], direction), rest);
            largest = keep_max(largest, fabs(rest));
        }
    }
    write_bounds(c, i, chunks, I, -INFINITY, -INFINITY, largest, bounds, shared);
}

// Ends the solves that are there, that gain nothing any more, or that break down.
__kernel void end_iteration(uint I, __global double* numbers, __global const double* reduced, int patience)
{
    uint i = get_global_id(0);
    if (i >= I || !INT(SOLVING)) return;
    double reached = reduced[2 * (ulong)I + i];
    INT(PRODUCTS) += 2;
    NUMBER(REACHED) = reached;
    if (reached < 0.9 * NUMBER(BEST)) {
        NUMBER(BEST) = reached;
        INT(SINCE) = 0;
    } else {
        INT(SINCE)++;
    }
    bool stuck = !isfinite(reached) || isnan(NUMBER(BETA)) || NUMBER(RHO) == 0 || INT(SINCE) >= patience;
    if (!stuck && reached > NUMBER(TARGET)) return;
    INT(SOLVING) = 0;
    atomic_dec((__global int*)(numbers + (ulong)NUMBERS * I) + (ulong)INTS * I);
}

// v += x for instances that still iterate and whose solve gained; for others v = next, the sweep.
__kernel void end_solve(uint count, uint I, __global const double* status, __global const double* numbers, __global REAL* v,
                        __global const REAL* next, __global const REAL* x)
{
    uint at = get_global_id(0), i = at % I;
    if (at >= count) return;
    bool active = ((__global const int*)(status + 4 * (ulong)I))[i];
    v[at] = active && NUMBER(REACHED) < NUMBER(INITIAL) ? v[at] + x[at] : next[at];
}
