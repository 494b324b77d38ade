// Types and addresses of all kernels. REAL is the engine's precision; sums over samples and states, and parameters, are
// double in both. Arrays hold the instances of one state (or state and action, or entry) side by side:
//   V[s I + i],   Q[(a S + s) I + i],   P[k I + i],   parameters x[p L + l]   (I instances, L leaders),
// so neighbouring work-items read neighbouring numbers, whether they are instances of a state or states of one instance.
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
// Sums mean the same on every device: products are fused into them only where fma is written.
#pragma OPENCL FP_CONTRACT OFF

#define SLICE 32

// The larger of two, and not a number where either is not.
double keep_max(double a, double b) { return a != a || b != b ? NAN : fmax(a, b); }
