// What a table of action values says of a state under a joint policy pi(a,b|s) = f(a|s) g(b|s,a); included by others. With
// tau > 0 the follower's entropy counts: q - tau log g takes the place of q. Without a leader B = A, and f is one.

// f(a|s) = sum_b pi(a,b|s), to rounding.
double share_of(uint s, uint a, uint i, uint S, uint B, uint I, __global const REAL* policy)
{
    double sum = 0;
    for (uint b = 0; b < B; b++) sum += (double)policy[row_at(s, a * B + b, i, S, I)];
    return sum;
}

// q, or q - tau log g; an action that is never taken weighs nothing.
double answer_value(ulong row, double share, double tau, __global const REAL* policy, __global const REAL* q)
{
    double p = policy[row], value = q[row];
    return tau > 0 && p > 0 ? value - tau * log(p / share) : value;
}

// sum_b pi(a,b|s) q(s,a,b).
double weighted_sum(uint s, uint a, uint i, uint S, uint B, uint I, double share, double tau, __global const REAL* policy, __global const REAL* q)
{
    double sum = 0;
    for (uint b = 0; b < B; b++) {
        ulong row = row_at(s, a * B + b, i, S, I);
        sum += (double)policy[row] * answer_value(row, share, tau, policy, q);
    }
    return sum;
}

// sum_b g(b|s,a) q(s,a,b); zero where the policy gives a no weight at all.
double mean_after(uint s, uint a, uint i, uint S, uint A, uint B, uint I, double tau, __global const REAL* policy, __global const REAL* q)
{
    double share = tau > 0 || B < A ? share_of(s, a, i, S, B, I, policy) : 1;
    return share == 0 ? 0 : weighted_sum(s, a, i, S, B, I, share, tau, policy, q) / share;
}

// sum_a,b pi(a,b|s) q(s,a,b).
double mean(uint s, uint i, uint S, uint A, uint B, uint I, double tau, __global const REAL* policy, __global const REAL* q)
{
    double sum = 0;
    for (uint a = 0; a < A / B; a++) sum += weighted_sum(s, a, i, S, B, I, tau > 0 ? share_of(s, a, i, S, B, I, policy) : 1, tau, policy, q);
    return sum;
}

// max_a sum_b g(b|s,a) q(s,a,b), over what the policy gives weight.
double greedy(uint s, uint i, uint S, uint A, uint B, uint I, double tau, __global const REAL* policy, __global const REAL* q)
{
    double largest = -INFINITY;
    for (uint a = 0; a < A / B; a++)
        if (share_of(s, a, i, S, B, I, policy) > 0) largest = fmax(largest, mean_after(s, a, i, S, A, B, I, tau, policy, q));
    return largest;
}
