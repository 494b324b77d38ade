// Features phi(s,a): a stored row of width numbers for each (s,a), or per action one for each s, whose numbers are features
// a width, a width + 1, ... of (s,a). Dense rows follow each other and offsets is null; sparse ones have their entries from
// offsets[row] on, in columns. Vectors are w[j I + i]; D is null for ones.
#define FEATURES uint width, int per_action, __global const uint* offsets, __global const int* features, __global const REAL* phi
#define FEATURES_ARGS width, per_action, offsets, features, phi

// phi(s,a) w of an instance.
REAL feature_value(uint s, uint a, uint i, uint A, uint I, FEATURES, __global const double* w)
{
    ulong row = per_action ? s : (ulong)s * A + a;
    uint first = per_action ? a * width : 0;
    REAL sum = 0;
    if (offsets) {
        for (uint e = offsets[row]; e < offsets[row + 1]; e++) sum = fma(phi[e], (REAL)w[(ulong)(first + features[e]) * I + i], sum);
    } else {
        for (uint j = 0; j < width; j++) sum = fma(phi[row * width + j], (REAL)w[(ulong)(first + j) * I + i], sum);
    }
    return sum;
}

// target(s,a) = D(s,a) phi(s,a) w.
__kernel void feature_values(uint S, uint A, uint I, FEATURES, __global const double* w, __global const double* weights, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    for (uint a = 0; a < A; a++) {
        REAL value = feature_value(s, a, i, A, I, FEATURES_ARGS, w);
        target[row_at(s, a, i, S, I)] = weights ? (REAL)(weights[(ulong)s * A + a] * value) : value;
    }
}

// V(s), the soft maximum of phi(s,a) w, and the policy that attains it, where it is wanted; q waits where that goes.
__kernel void feature_response(uint S, uint A, uint I, FEATURES, __global const double* w, __global const double* temperatures, __global REAL* v, __global REAL* policy)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    REAL tau = temperatures[i], inverse = temperatures[I + i], largest = 0, sum = 1;
    for (uint a = 0; a < A; a++) {
        REAL q = feature_value(s, a, i, A, I, FEATURES_ARGS, w);
        if (policy) policy[row_at(s, a, i, S, I)] = q;
        if (a == 0) {
            largest = q;
            continue;
        }
        REAL above = q - largest, e = positive_exp(-fabs(above) * inverse);
        if (above > 0) {
            sum = fma(sum, e, (REAL)1);
            largest = q;
        } else {
            sum += e;
        }
    }
    v[get_global_id(0)] = fma(tau, log(sum), largest);
    if (!policy) return;
    REAL total = 0;
    for (uint a = 0; a < A; a++) {
        ulong row = row_at(s, a, i, S, I);
        policy[row] = positive_exp((policy[row] - largest) * inverse);
        total += policy[row];
    }
    for (uint a = 0; a < A; a++) policy[row_at(s, a, i, S, I)] /= total;
}

// One part of sum phi(s,a) D(s,a) y(s,a) of feature j, over as many states as each other part; sums[(part k + j) I + i].
__kernel void dense_sums(uint S, uint A, uint I, uint k, uint parts, uint width, int per_action, __global const REAL* phi, __global const double* weights, __global const REAL* y, __global double* sums)
{
    ulong at = get_global_id(0);
    if (at >= (ulong)parts * k * I) return;
    uint i = at % I, j = at / I % k, part = at / I / k, each = (S + parts - 1) / parts, end = min(S, (part + 1) * each);
    uint first = per_action ? j / width : 0, last = per_action ? first + 1 : A;
    double sum = 0;
    for (uint s = part * each; s < end; s++)
        for (uint a = first; a < last; a++) {
            ulong row = (ulong)s * A + a;
            double value = y[row_at(s, a, i, S, I)];
            if (weights) value *= weights[row];
            sum = fma((double)phi[(per_action ? s : row) * width + j % width], value, sum);
        }
    sums[at] = sum;
}

// The same of sparse features, over as many entries of their columns: rows and values by column.
__kernel void sparse_sums(uint S, uint A, uint I, uint k, uint parts, uint width, int per_action, __global const uint* column_begins, __global const uint* rows, __global const REAL* values, __global const double* weights, __global const REAL* y, __global double* sums)
{
    ulong at = get_global_id(0);
    if (at >= (ulong)parts * k * I) return;
    uint i = at % I, j = at / I % k, part = at / I / k, column = j % width;
    uint begin = column_begins[column], end = column_begins[column + 1], each = (end - begin + parts - 1) / parts;
    double sum = 0;
    for (uint e = begin + part * each; e < min(end, begin + (part + 1) * each); e++) {
        uint s = per_action ? rows[e] : rows[e] / A, a = per_action ? j / width : rows[e] % A;
        double value = y[row_at(s, a, i, S, I)];
        if (weights) value *= weights[(ulong)s * A + a];
        sum = fma((double)values[e], value, sum);
    }
    sums[at] = sum;
}

// The parts, added up in order.
__kernel void feature_totals(uint count, uint parts, __global const double* sums, __global double* target)
{
    uint at = get_global_id(0);
    if (at >= count) return;
    double sum = 0;
    for (uint part = 0; part < parts; part++) sum += sums[(ulong)part * count + at];
    target[at] = sum;
}

// Psi(s) = sum_b pi(b|s) phi(s,b) of dense features of pairs, of one instance: (S, k).
__kernel void feature_means(uint S, uint A, uint I, uint i, uint k, __global const REAL* phi, __global const REAL* policy, __global double* means)
{
    ulong at = get_global_id(0);
    if (at >= (ulong)S * k) return;
    uint s = at / k, j = at % k;
    double sum = 0;
    for (uint b = 0; b < A; b++) sum = fma((double)policy[row_at(s, b, i, S, I)], (double)phi[((ulong)s * A + b) * k + j], sum);
    means[at] = sum;
}

// Rows of D (phi - gamma P Psi) of dense features, of one instance and action, or all actions of each state: (count, k). Where
// flows are given, they take the place of D P, and given those of D.
__kernel void fitted_rows(MODEL, uint i, uint first, uint count, int action, uint k, uint width, __global const REAL* phi, __global const REAL* policy, __global const double* means, __global const double* weights, __global const REAL* given, int are_flows, double discount, __global double* target)
{
    ulong at = get_global_id(0);
    if (at >= (ulong)count * k) return;
    uint r = first + at / k, j = at % k, s = action < 0 ? r / A : r, a = action < 0 ? r % A : action;
    double weight = given ? (double)given[row_at(s, a, i, S, I)] : weights ? weights[(ulong)s * A + a] : 1, sum = 0;
    if (weight == 0) {
        target[at] = 0;
        return;
    }
    if (discount != 0) {
        ulong e = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], entry = begins[a * S + s];
        for (; e < end; e += SLICE, entry++) {
            int next = columns[e];
            if (next < 0) break;
            double p = own ? own[entry * I + i] : values[e];
            double mean = action < 0 ? means[(ulong)next * k + j]
                                     : (double)policy[row_at(next, j / width, i, S, I)] * (double)phi[(ulong)next * width + j % width];
            sum = fma(are_flows ? p : weight * p, mean, sum);
        }
    }
    double mine = action < 0 ? (double)phi[(ulong)r * width + j] : j / width == (uint)action ? (double)phi[(ulong)s * width + j % width] : 0;
    target[at] = fma(weight, mine, -discount * sum);
}

// matrix(row0 + m, j) += sum_r phi_r(m) rows_r(j), r in order.
__kernel void add_products(uint first, uint count, uint row0, uint k, uint width, __global const REAL* phi, __global const double* rows, __global double* matrix)
{
    uint j = get_global_id(0), m = get_global_id(1);
    if (j >= k || m >= width) return;
    double sum = matrix[(ulong)(row0 + m) * k + j];
    for (uint r = 0; r < count; r++) sum = fma((double)phi[(ulong)(first + r) * width + m], rows[(ulong)r * k + j], sum);
    matrix[(ulong)(row0 + m) * k + j] = sum;
}

// D phi^T (phi - gamma P Psi) of sparse features, of one instance: a work-item has a row of the matrix, feature m's, and goes through the
// entries of that feature in order. Where flows are given, they take the place of D P, and given those of D.
__kernel void sparse_matrix(MODEL, uint i, uint k, FEATURES, __global const uint* column_begins, __global const uint* column_rows, __global const REAL* column_values, __global const REAL* policy, __global const double* weights, __global const REAL* given, int are_flows, double discount, __global double* matrix)
{
    uint m = get_global_id(0);
    if (m >= k) return;
    __global double* target = matrix + (ulong)m * k;
    for (uint j = 0; j < k; j++) target[j] = 0;
    uint column = m % width;
    for (uint c = column_begins[column]; c < column_begins[column + 1]; c++) {
        uint s = per_action ? column_rows[c] : column_rows[c] / A, a = per_action ? m / width : column_rows[c] % A;
        double weight = given ? (double)given[row_at(s, a, i, S, I)] : weights ? weights[(ulong)s * A + a] : 1, left = column_values[c];
        if (weight == 0) continue;
        ulong row = per_action ? s : (ulong)s * A + a;
        uint first = per_action ? a * width : 0;
        for (uint f = offsets[row]; f < offsets[row + 1]; f++)
            target[first + features[f]] = fma(weight * left, (double)phi[f], target[first + features[f]]);
        if (discount == 0) continue;
        ulong e = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], entry = begins[a * S + s];
        for (; e < end; e += SLICE, entry++) {
            int next = columns[e];
            if (next < 0) break;
            double p = own ? own[entry * I + i] : values[e], share = -discount * (are_flows ? p : weight * p) * left;
            for (uint b = 0; b < A; b++) {
                double step = share * policy[row_at(next, b, i, S, I)];
                row = per_action ? (uint)next : (ulong)next * A + b;
                first = per_action ? b * width : 0;
                for (uint f = offsets[row]; f < offsets[row + 1]; f++)
                    target[first + features[f]] = fma(step, (double)phi[f], target[first + features[f]]);
            }
        }
    }
}

// target(s') = f sum_k F(k) z(s,a) over the stored transitions k = (s,a,s') that lead to s', in their order.
__kernel void transposed_flows(uint S, uint I, __global const uint* incoming, __global const uint* sources, __global const uint* entries, __global const REAL* flows, __global const REAL* z, double factor, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    double sum = 0;
    for (uint k = incoming[s]; k < incoming[s + 1]; k++)
        sum += factor * (double)flows[(ulong)entries[k] * I + i] * (double)z[(ulong)sources[k] * I + i];
    target[get_global_id(0)] = (REAL)sum;
}

// target(s,a) = D(s,a) y(s,a) + gamma sum_k F(k) v(s'_k), D and F of samples: F stands where own probabilities do.
__kernel void weighted_backup(MODEL, __global const REAL* weights, __global const REAL* y, __global const REAL* v, double discount, __global REAL* target)
{
    if (get_global_id(0) >= S * I) return;
    uint s = (uint)get_global_id(0) / I, i = (uint)get_global_id(0) % I;
    for (uint a = 0; a < A; a++) {
        ulong row = row_at(s, a, i, S, I);
        double weight = weights[row], sum = 0;
        if (own && weight != 0) {
            ulong at = slice_at(s, a, A, slices), end = slices[(s / SLICE) * A + a + 1], k = begins[a * S + s];
            for (; at < end; at += SLICE, k++) {
                int next = columns[at];
                if (next < 0) break;
                sum = fma((double)own[k * I + i], (double)v[(ulong)next * I + i], sum);
            }
        }
        target[row] = (REAL)fma(discount, sum, weight * y[row]);
    }
}
