/* Times calls of the shared library: embedding FILE, with the problems that embedding.py wrote. Prints best times in microseconds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "fasthyper.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void check(int32_t status) {
  if (status == FH_OK) return;
  fprintf(stderr, "%s\n", fh_last_error());
  exit(1);
}

static void *numbers(FILE *file, int64_t count, size_t size) {
  void *data = malloc((size_t)count * size);
  if (!data || fread(data, size, (size_t)count, file) != (size_t)count) exit(1);
  return data;
}

static fh_array vector(void *data, int32_t type, int64_t n, int64_t size) { return (fh_array){data, type, 1, {n}, {size}}; }
static fh_array table(double *data, int64_t n, int64_t m) { return (fh_array){data, FH_FLOAT64, 2, {n, m}, {8 * m, 8}}; }

static fh_solver solver;
static fh_array reward, v, policy, gradient;

static void empty(void) { fh_abi_version(); }
static void solve(void) {
  check(fh_solver_reset(solver));
  check(fh_solver_set(solver, FH_REWARD, &reward));
  check(fh_solver_solve(solver, NULL));
  check(fh_solver_get(solver, FH_V, &v));
  check(fh_solver_get(solver, FH_POLICY, &policy));
}
static void differentiate(void) {
  check(fh_solver_reset(solver));
  check(fh_solver_set(solver, FH_REWARD, &reward));
  check(fh_solver_gradient(solver, NULL));
  check(fh_solver_get(solver, FH_REWARD_COTANGENT, &gradient));
}

static double best(void (*work)(void), int calls) {
  double least = INFINITY;
  for (int round = 0; round < 7; round++) {
    double begin = now();
    for (int i = 0; i < calls; i++) work();
    least = fmin(least, (now() - begin) / calls);
  }
  return least;
}

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 2;
  fh_backend backend;
  check(fh_backend_create("cpu", 1, 0, &backend));
  printf("empty %.4f\n", best(empty, 1000000));
  int64_t head[3];
  while (fread(head, 8, 3, file) == 3) {
    int64_t states = head[0], actions = head[1], rows = states * actions, entries = head[2];
    fh_mdp mdp = {.size = sizeof mdp, .gamma_leader = NAN};
    double *scalars = numbers(file, 2, 8);
    mdp.gamma = scalars[0];
    mdp.temperature = scalars[1];
    mdp.P.indptr = vector(numbers(file, rows + 1, 8), FH_INT64, rows + 1, 8);
    mdp.P.indices = vector(numbers(file, entries, 4), FH_INT32, entries, 4);
    mdp.P.data = vector(numbers(file, entries, 8), FH_FLOAT64, entries, 8);
    mdp.reward = reward = table(numbers(file, rows, 8), states, actions);
    mdp.leader_reward = table(numbers(file, rows, 8), states, actions);
    v = vector(malloc((size_t)states * 8), FH_FLOAT64, states, 8);
    policy = table(malloc((size_t)rows * 8), states, actions);
    gradient = table(malloc((size_t)rows * 8), states, actions);
    fh_problem problem;
    fh_solver_options options = {
        .size = sizeof options, .instances = 1, .max_sweeps = 1000000, .tolerance = 1e-10, .linear_tolerance = 1e-12};
    check(fh_problem_create("bench", &mdp, &problem));
    check(fh_solver_create(backend, problem, &options, &solver));
    int calls = states < 100 ? 2000 : 100;
    printf("solve-%d %.4f\ngradient-%d %.4f\n", (int)states, best(solve, calls), (int)states, best(differentiate, calls));
  }
  return 0;
}
