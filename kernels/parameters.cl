// Links from the leaders' parameters to incentives, affine maps from those to rewards, both ways, and optimisers.

#define IDENTITY 0
#define SOFTMAX 1
#define SIGMOID 2

// low + (high - low) / (1 + e^-x), from e^-|x|, which cannot overflow.
double sigmoid(double x, double low, double high)
{
    double e = exp(-fabs(x)), share = (x < 0 ? e : 1) / (1 + e);
    return low + (high - low) * share;
}

// d/dy of y and, where they follow, of the magnitudes |y|, P further on.
double cotangent_of(__global const double* dy, ulong at, ulong count, int magnitudes, double y)
{
    if (!magnitudes) return dy[at];
    return dy[at] + (y > 0 ? dy[count + at] : y < 0 ? -dy[count + at] : 0);
}

// count = P L numbers.
__kernel void link_forward(int kind, double low, double high, int magnitudes, ulong count, __global const double* x, __global double* y)
{
    ulong at = get_global_id(0);
    if (at >= count) return;
    double value = kind == SIGMOID ? sigmoid(x[at], low, high) : x[at];
    y[at] = value;
    if (magnitudes) y[count + at] = fabs(value);
}

__kernel void link_pullback(int kind, double low, double high, int magnitudes, ulong count, __global const double* x, __global const double* dy, __global double* gradient)
{
    ulong at = get_global_id(0);
    if (at >= count) return;
    double value = kind == SIGMOID ? sigmoid(x[at], low, high) : x[at];
    double g = cotangent_of(dy, at, count, magnitudes, value);
    gradient[at] += kind == SIGMOID ? g * (value - low) * (high - value) / (high - low) : g;
}

// e^(x - maximum) of each leader.
__kernel void softmax_exponentials(ulong count, uint L, __global const double* x, __global const double* maxima, __global double* e)
{
    ulong at = get_global_id(0);
    if (at < count) e[at] = exp(x[at] - maxima[at % L]);
}

// y = high e / total; and, backwards, y dy where that is wanted.
__kernel void softmax_values(double high, int magnitudes, ulong count, uint L, __global const double* e, __global const double* totals, __global double* y,
                             __global const double* dy, __global double* products)
{
    ulong at = get_global_id(0);
    if (at >= count) return;
    double value = e[at] * (high / totals[at % L]);
    y[at] = value;
    if (products) products[at] = value * cotangent_of(dy, at, count, magnitudes, value);
    else if (magnitudes) y[count + at] = fabs(value);
}

// gradient += y (dy - mean), mean = sum y dy / high.
__kernel void softmax_gradient(double high, int magnitudes, ulong count, uint L, __global const double* y, __global const double* dy, __global const double* means, __global double* gradient)
{
    ulong at = get_global_id(0);
    if (at < count) gradient[at] += y[at] * (cotangent_of(dy, at, count, magnitudes, y[at]) - means[at % L] / high);
}

// What is known of each context's map: where its constants begin, whether they are of states; where its matrix's row
// offsets begin (-1: it has none), where its entries do, whether its rows are of states; the same of the transpose, and its rows.
#define MAP_FIELDS 8
#define MAPS __global const int* contexts, __global const long* maps, __global const double* scales, __global const double* constants, \
             __global const int* offsets, __global const int* indices, __global const double* entries

// target = b + k M y; the second dimension are actions.
__kernel void affine(uint S, uint A, uint I, uint L, uint per_leader, MAPS, __global const double* y, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I, a = get_global_id(1), l = i / per_leader;
    __global const long* map = maps + MAP_FIELDS * contexts[i];
    double sum = constants[map[0] + (map[1] ? s : s * A + a)], scale = scales[contexts[i]];
    if (map[2] >= 0) {
        __global const int* row = offsets + map[2] + (map[4] ? s : s * A + a);
        for (long k = map[3] + row[0]; k < map[3] + row[1]; k++) sum += scale * entries[k] * y[(ulong)indices[k] * L + l];
    }
    target[row_at(s, a, i, S, I)] = (REAL)sum;
}

// dy += sum over the leader's instances of weight k M^T cotangent; one work-item a number of dy.
__kernel void affine_pullback(uint S, uint A, uint I, uint L, uint per_leader, MAPS, __global const double* weights, __global const REAL* cotangent, ulong count, __global double* dy)
{
    ulong at = get_global_id(0);
    if (at >= count) return;
    uint column = at / L, l = at % L;
    double result = dy[at];
    for (uint i = l * per_leader; i < (l + 1) * per_leader; i++) {
        __global const long* map = maps + MAP_FIELDS * contexts[i];
        if (weights[i] == 0 || map[5] < 0 || column >= map[7]) continue;
        __global const int* row = offsets + map[5] + column;
        double sum = 0, scale = scales[contexts[i]];
        for (long k = map[6] + row[0]; k < map[6] + row[1]; k++) {
            uint from = indices[k];
            double total = 0;
            if (map[4]) for (uint a = 0; a < A; a++) total += cotangent[row_at(from, a, i, S, I)];
            else total = cotangent[row_at(from / A, from % A, i, S, I)];
            sum += scale * entries[k] * total;
        }
        result += weights[i] * sum;
    }
    dy[at] = result;
}

// target += factor source.
__kernel void accumulate(ulong count, uint L, __global const double* factors, __global const double* source, __global double* target)
{
    ulong at = get_global_id(0);
    if (at < count) target[at] = source[at] * factors[at % L] + target[at];
}

// A step of Adam's ascent (Kingma and Ba, 2015).
__kernel void adam(ulong count, uint L, __global double* x, __global const double* gradient, __global double* first, __global double* second,
                   __global const double* scales, __global const double* rates, double first_gain, double second_gain, double first_correction,
                   double second_correction, double least)
{
    ulong at = get_global_id(0);
    if (at >= count) return;
    uint l = at % L;
    double g = gradient[at] * scales[l], m = first[at], v = second[at];
    m += first_gain * (g - m);
    v += second_gain * (g * g - v);
    first[at] = m;
    second[at] = v;
    x[at] += rates[l] * (m * first_correction) / (sqrt(v * second_correction) + least);
}
