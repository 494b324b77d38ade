/* FastHyper as a shared library: followers' best responses to finite MDPs and Markov games, their derivatives, and leaders.
 *
 * Every function returns a status, FH_OK where it did what it is for; the text of a failure is fh_last_error() of the same thread. No
 * exception crosses the border. Objects are numbers that are never used twice: one that was freed is refused.
 *
 * Threads: any thread may call anything. Calls that compute on one backend wait for each other; threads that shall compute at once
 * take a backend each. A problem may be shared by all of them.
 *
 * Memory: arrays stay the caller's, and are read and written only while the call lasts (but see FH_BORROW). Arrays of float64 without
 * gaps are read and written where they are; others are converted on the way.
 *
 * Sizes: S states, A actions of the follower, P parameters of the leader, B instances of a solver. Rows are of pairs, s*A + a.
 */
#ifndef FASTHYPER_H
#define FASTHYPER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FH_ABI_VERSION 2

/* Statuses. */
enum {
  FH_OK = 0,
  FH_FAILED = 1,     /* there is no answer, or none with a proof */
  FH_BAD_INPUT = 2,  /* the text names what is wrong, and what was expected */
  FH_CANCELLED = 3,  /* the watch asked for it */
  FH_UNEXPECTED = 4  /* an error of FastHyper itself */
};

typedef struct fh_backend_object *fh_backend; /* where to compute */
typedef struct fh_problem_object *fh_problem; /* an MDP or a game, and what x does to it */
typedef struct fh_solver_object *fh_solver;   /* B instances of a problem on a backend */
typedef struct fh_leader_object *fh_leader;   /* leaders at work */

/* ---- arrays */

enum { FH_FLOAT64 = 0, FH_FLOAT32 = 1, FH_INT64 = 2, FH_INT32 = 3 };

typedef struct fh_array {
  void *data;
  int32_t type;
  int32_t rank;       /* 0 (a number, or with null data no array) to 4 */
  int64_t shape[4];
  int64_t strides[4]; /* in bytes, as NumPy has them */
} fh_array;

/* A matrix: dense, or in compressed sparse rows. All zeros for none. */
typedef struct fh_matrix {
  fh_array dense;
  fh_array indptr;  /* int64 or int32, (rows + 1) */
  fh_array indices; /* int64 or int32 */
  fh_array data;
  int64_t columns;  /* of compressed rows, where nothing else tells: of features */
} fh_matrix;

/* ---- library */

int32_t fh_abi_version(void);    /* FH_ABI_VERSION of the library */
const char *fh_version(void);    /* "0.1.0" */
const char *fh_build(void);      /* "avx2", "avx-512" or "scalar": lanes that this build has code for on this processor */
const char *fh_last_error(void); /* of this thread; one line of UTF-8, until its next failure */
int32_t fh_free(void *object);   /* any object; nothing for null */

/* ---- backends */

/* name: "cpu" (null is that), "auto", "opencl", "opencl:NUMBER" or "opencl:NAME". threads: 0 for one a processor. lane_bits: 0, or 64,
 * 256 or 512 on "cpu". Neither changes a bit of any result. */
int32_t fh_backend_create(const char *name, int32_t threads, int32_t lane_bits, fh_backend *backend);
int32_t fh_backend_description(fh_backend backend, char *text, int64_t size);

/* Called every so many milliseconds of a call that computes, with what it is at in words; other than 0 stops it (FH_CANCELLED).
 * Null for nobody. It must not call what computes on the same backend. */
typedef int32_t (*fh_watch)(void *user, const char *work);
int32_t fh_backend_watch(fh_backend backend, fh_watch watch, void *user, int32_t milliseconds);

/* ---- problems */

enum {
  FH_KEEP_ZEROS = 1, /* zeros of a dense P are stored, so that they can be set and have a cotangent */
  FH_BORROW = 2      /* compressed rows of P (int32 indices, float64 data) are not copied; they must live as long as the problem */
};

/* r = reward + features x, l = leader_reward + leader_features x. What is all zeros is not there. */
typedef struct fh_mdp {
  int64_t size;              /* sizeof(fh_mdp) */
  fh_matrix P;               /* (S, A, S), or compressed rows (S*A) x S; a row may sum to less than one: the rest ends the episode */
  fh_array reward;           /* (S, A) */
  fh_array leader_reward;    /* (S, A); zeros without it */
  fh_matrix features;        /* (S, A, P), or compressed rows (S*A) x P */
  fh_matrix leader_features; /* likewise */
  fh_matrix value_features;  /* (S, A, k), or compressed rows: the follower's Q is linear in them */
  fh_matrix state_features;  /* (S, f), or compressed rows: the same of states, for each action apart */
  fh_array value_weights;    /* (S, A): weights of the fit; ones without it */
  fh_array initial;          /* (S), sums to one; uniform without it */
  fh_array x;                /* (P); zeros without it */
  fh_array prior;            /* (S, A): policy that tau keeps the follower's near, in place of the entropy; above 0 */
  double ridge;              /* of the fit */
  double gamma;              /* follower's discount, [0, 1] */
  double gamma_leader;       /* leader's; not a number for the follower's */
  double temperature;        /* entropy temperature, above 0 */
  int64_t flags;
} fh_mdp;

/* The leader acts first, by a policy f(a|s) = softmax(theta): with state_features (S, K), theta is (L, K), else (S, L). */
typedef struct fh_game {
  int64_t size;             /* sizeof(fh_game) */
  fh_matrix P;              /* (S, L, A, S), or compressed rows (S*L*A) x S */
  fh_array follower_reward; /* (S, L, A), or (N, S, L, A) of N followers */
  fh_array leader_reward;   /* of the same shape */
  fh_matrix state_features;
  fh_array initial;
  fh_array theta; /* zeros without it */
  double gamma;
  double gamma_leader;
  double temperature;
} fh_game;

typedef struct fh_problem_info {
  int64_t states, actions, parameters, entries, leader_actions, contexts, notices;
  double gamma, gamma_leader, temperature;
} fh_problem_info;

int32_t fh_problem_create(const char *name, const fh_mdp *mdp, fh_problem *problem);
int32_t fh_game_create(const char *name, const fh_game *game, fh_problem *problem);

/* A preset, a configuration or a problem file, as the command line takes it, with settings "key=value", one a line (null for none). */
int32_t fh_problem_open(const char *what, const char *settings, fh_problem *problem);
int32_t fh_problem_describe(fh_problem problem, fh_problem_info *info);

/* What was mended in the numbers, or is worth knowing of them: the lines 0 to notices - 1. */
int32_t fh_problem_notice(fh_problem problem, int64_t index, char *text, int64_t size);

/* P as it is stored: indptr (rows + 1, int64), indices (entries, int32) and data (entries, float64), without gaps. */
int32_t fh_problem_transitions(fh_problem problem, fh_array *indptr, fh_array *indices, fh_array *data);

/* The x that a leader of a seed starts from, (P). */
int32_t fh_problem_initial_x(fh_problem problem, uint64_t seed, fh_array *x);

/* ---- solvers: what is set stays, and each solve, gradient and pullback starts from the last */

enum { FH_AUTO = 0, FH_SWEEPS = 1, FH_GAUSS_SEIDEL = 2, FH_SHIFTED = 3, FH_ANDERSON = 4, FH_POLICY_ITERATION = 5 };

typedef struct fh_solver_options {
  int64_t size;            /* sizeof(fh_solver_options) */
  int32_t instances;       /* B: solved at once, lanes run over them where they are small */
  int32_t precision;       /* FH_FLOAT64 or FH_FLOAT32, of storage and lanes */
  int32_t method;
  int32_t own_transitions; /* other than 0: each instance has probabilities that FH_TRANSITIONS sets */
  int32_t max_sweeps;
  int32_t cold_pullbacks;  /* other than 0: each starts from zero, so that the same cotangents give the same bits */
  double tolerance;        /* of the Bellman residual, times the temperature where that is below one */
  double linear_tolerance; /* relative, of gradients and pullbacks */
} fh_solver_options;

typedef struct fh_certificate {
  double residual;    /* the sup norm of TV - V, by a pass of its own in float64 */
  double bound;       /* V is no further than this from the solution */
  int32_t iterations; /* sweeps and steps */
  int32_t products;   /* with P, of the linear solves */
  int32_t method;
  int32_t converged;
} fh_certificate;

/* Arrays of a solver. Each has a first axis of instances, which may be left out of one instance, and in fh_solver_set of what is the
 * same for all. Of a game with N followers that axis is B*N; x and temperatures have B. */
enum {
  /* set and read */
  FH_X = 0,             /* (P): configures both rewards anew */
  FH_REWARD = 1,        /* (S, A): r as a whole, until x is set */
  FH_LEADER_REWARD = 2, /* (S, A): l likewise */
  FH_INITIAL = 3,       /* (S) */
  FH_TRANSITIONS = 4,   /* (entries), in the order of the stored rows; set only */
  FH_TEMPERATURE = 5,   /* (); set only */
  /* read; the first solves where anything was set */
  FH_V = 10,            /* (S); of a game (S, L) */
  FH_Q = 11,            /* (S, A); of a game (S, L, A) */
  FH_POLICY = 12,       /* like Q */
  FH_LEADER_POLICY = 13,/* (S, L), of a game */
  /* after fh_solver_gradient */
  FH_GRADIENT = 20,     /* (P) = direct + response */
  FH_DIRECT = 21,
  FH_RESPONSE = 22,
  FH_LEADER_V = 23,     /* (S) */
  /* after fh_solver_gradient and, but for leader_reward and initial, fh_solver_vjp */
  FH_X_COTANGENT = 30,
  FH_REWARD_COTANGENT = 31, /* (S, A); of a game (S, L, A) */
  FH_LEADER_REWARD_COTANGENT = 32,
  FH_INITIAL_COTANGENT = 33,
  FH_TRANSITIONS_COTANGENT = 34,
  FH_LEADER_POLICY_COTANGENT = 35, /* (S, L), of a game; after fh_solver_vjp */
  /* after fh_solver_jvp */
  FH_V_TANGENT = 40,
  FH_Q_TANGENT = 41,
  FH_POLICY_TANGENT = 42
};

int32_t fh_solver_create(fh_backend backend, fh_problem problem, const fh_solver_options *options, fh_solver *solver);
int32_t fh_solver_set(fh_solver solver, int32_t what, const fh_array *array);
int32_t fh_solver_get(fh_solver solver, int32_t what, fh_array *array);

/* certificates: B of them (of a game B*N), or null. They are written also where the status is FH_FAILED for lack of a proof. */
int32_t fh_solver_solve(fh_solver solver, fh_certificate *certificates);

/* The exact gradient of the leader's discounted return. objectives: B, or null. */
int32_t fh_solver_gradient(fh_solver solver, double *objectives);

/* Cotangents of the policy, V and Q in (null for none); then those of r, P, x and of a game the leader's policy can be read. */
int32_t fh_solver_vjp(fh_solver solver, const fh_array *policy, const fh_array *v, const fh_array *q);

/* Tangents of r, P and of a game the leader's policy (S, L) in (null for none); then those of V, Q and the policy can be read. */
int32_t fh_solver_jvp(fh_solver solver, const fh_array *reward, const fh_array *transitions, const fh_array *leader_policy);

/* Forgets what solves start from: the next ones have the bits of the first. */
int32_t fh_solver_reset(fh_solver solver);

/* ---- gradients by any estimator, leaders, fits */

typedef struct fh_gradient_options {
  int64_t size;          /* sizeof(fh_gradient_options) */
  const char *estimator; /* "exact", "bc-hg", ...: fasthyper options estimator */
  const char *settings;  /* "key=value", one a line, as fasthyper options NAME lists them; null for none */
  uint64_t seed;
  int32_t precision;
  int32_t method;
  int32_t batches;       /* independent batches that the standard error is over, at least 2 */
  int32_t warm_up;       /* batches that a learning critic sees first; below 0 for the default */
  int32_t iterations;    /* at x at the most, of m-sobirl and amd; 0 for the default */
  int32_t steps;         /* environment steps in a batch; 0 for the default */
} fh_gradient_options;

/* As "fasthyper gradient": x and the results may be null; standard errors of what is not sampled are not numbers. */
int32_t fh_gradient(fh_backend backend, fh_problem problem, const fh_gradient_options *options, const fh_array *x, fh_array *direct,
                    fh_array *response, fh_array *standard_error, double *objective);

/* A follower of the caller's: writes a policy (S, A), which holds a uniform one, for rewards (S, A); other than 0 fails the step. */
typedef struct fh_follower_call {
  int64_t states, actions, instance, iteration;
  uint64_t seed;
  const double *reward, *initial;
  double *policy;
} fh_follower_call;
typedef int32_t (*fh_follower)(void *user, const fh_follower_call *call);

typedef struct fh_leader_options {
  int64_t size; /* sizeof(fh_leader_options) */
  const char *estimator, *settings;
  uint64_t seed;         /* of the first leader; the others have the next */
  int32_t leaders;
  int32_t optimizer;     /* 0 plain ascent, 1 Adam */
  int32_t minimize;
  int32_t precision;
  int32_t contexts;      /* 0 drawn, 1 averaged */
  int32_t reserved;
  double learning_rate;
  double gradient_clip;  /* the largest norm; infinite for none */
  double tolerance;      /* of the follower's solve */
  fh_follower follower;  /* null for the best response */
  void *user;
} fh_leader_options;

/* x: (P) that all start from; null for the problem's. */
int32_t fh_leader_create(fh_backend backend, fh_problem problem, const fh_leader_options *options, const fh_array *x, fh_leader *leader);
int32_t fh_leader_step(fh_leader leader, int64_t count, int64_t *iteration);

/* x (leaders, P), objectives (leaders) under the exact best response, norms of the last gradients (leaders); null for what nobody wants. */
int32_t fh_leader_get(fh_leader leader, fh_array *x, fh_array *objectives, fh_array *norms);

/* Maximum likelihood of x from counts (S, A) of observed choices, by Fisher's scoring. */
int32_t fh_fit(fh_backend backend, fh_problem problem, const fh_array *counts, int32_t max_steps, double tolerance, fh_array *x,
               fh_array *standard_error, fh_array *covariance, double *log_likelihood, int32_t *converged);

#ifdef __cplusplus
}
#endif
#endif
