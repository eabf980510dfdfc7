/* boxwarp in C: N Sokoban environments stepped together.
 *
 * Functions that can fail return a status; boxwarp_last_error() then says what was wrong, for the calling thread. No
 * exception crosses this interface. A handle may be used from several threads: its calls take turns. Pointers that are
 * handed out are views of the environment's memory, valid until it is destroyed and written again by its next reset or step.
 *
 * Letters: N environments; observations are (N, observation_bytes), other arrays (N).
 */
#ifndef BOXWARP_H
#define BOXWARP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when something here changes its meaning; what is added at the end of a struct is told apart by its `size`. */
#define BOXWARP_ABI_VERSION 1

typedef enum {
  BOXWARP_OK = 0,
  BOXWARP_FAILED = 1,    /* memory, a full disk, anything else */
  BOXWARP_BAD_INPUT = 2, /* an option, a level, an action, a state: the message says where and what to do */
  BOXWARP_DEVICE = 3     /* the device is missing, or it failed */
} boxwarp_status;

typedef struct boxwarp_env boxwarp_env;

/* Begin with boxwarp_options_init, which fills in the defaults named here. Texts are copied. */
typedef struct {
  size_t size;               /* sizeof(boxwarp_options), set by boxwarp_options_init */
  int64_t num_envs;          /* N; 1 */
  const char* levels;        /* a file, a folder, or "generated:size=10x10,boxes=4,count=1000"; must be set */
  const char* device;        /* "auto" (default), "cpu", "cuda", "cuda:N" */
  int32_t threads;           /* of the processor; 0 (default): all cores */
  const char* observation;   /* "rgb" (default), "planes", "planes4", "cells", "packed", "pixels", "none" */
  const char* layout;        /* "chw" (default) or "hwc" */
  const char* dtype;         /* of planes: "uint8" (default), "bfloat16", "float32" */
  int32_t tile;              /* of pixels: 8 (default) or 16 */
  const char* autoreset;     /* "same_step" (default), "next_step", "disabled" */
  const char* level_order;   /* "random" (default) or "sequential" */
  int32_t min_steps;         /* the cap of an episode is drawn from min_steps..max_steps; 30 */
  int32_t max_steps;         /* 120 */
  double reward_step;        /* -0.1 */
  double reward_box;         /* 1 */
  double reward_finish;      /* 10 */
  int32_t height, width;     /* of observations; 0 (default): of the largest level */
  int32_t symmetry;          /* not 0: play each level in one of its symmetries, drawn at each reset */
  int32_t final_observation; /* not 0 (default): keep the last observation of an episode (same_step only) */
  uint64_t seed;             /* 0 */
  int32_t no_op;             /* not 0: a fifth action, 4, that does nothing */
  int32_t end_on_deadlock;   /* not 0: a board that can never be solved, as far as is seen, ends its episode: truncated */
  double reward_no_op;       /* of that action, beside the step's; 0 */
  const char* solved_rule;   /* "boxes_matched" (default): no box is off a target, or "targets_covered" */
} boxwarp_options;

/* Where everything lies. On a GPU the addresses are the device's. */
typedef struct {
  size_t size;                       /* sizeof(boxwarp_buffers), set by the caller */
  int64_t num_envs;                  /* N */
  int32_t height, width;             /* of observations, in cells */
  size_t observation_bytes;          /* of one environment */
  const uint8_t* observations;       /* (N, observation_bytes) */
  const uint8_t* final_observations; /* (N, observation_bytes), rows valid where an episode ended; null without them */
  const float* rewards;              /* (N) */
  const uint8_t* terminated;         /* (N) 1: solved */
  const uint8_t* truncated;          /* (N) 1: not solved; the cap was reached, or the board is dead (end_on_deadlock) */
  const int64_t* level_ids;          /* (N) of the running episodes, from 0; -1 where none runs */
  const int64_t* finished_level_ids; /* (N) valid where an episode ended */
  const int32_t* episode_lengths;    /* (N) valid where an episode ended: its steps */
  int32_t on_device;                 /* 1: the addresses are those of a GPU */
} boxwarp_buffers;

int boxwarp_abi_version(void);
const char* boxwarp_version(void);    /* "0.1.0" */
const char* boxwarp_last_error(void); /* of this thread's last call that failed; never null, empty if none did */

/* Fills in the defaults of so many bytes, sizeof(boxwarp_options) of whoever calls, and sets `size`. A program that was
 * built with a shorter struct goes on to work: what its struct lacks has its default. */
boxwarp_status boxwarp_options_init_sized(boxwarp_options* options, size_t size);
/* The same for the struct of the first version, which ends with `seed`; the macro below takes its place for those who
 * include this header. */
void boxwarp_options_init(boxwarp_options* options);
#define boxwarp_options_init(options) ((void)boxwarp_options_init_sized((options), sizeof(boxwarp_options)))

/* Reads the levels and takes all memory; *env is null unless the result is BOXWARP_OK. */
boxwarp_status boxwarp_create(const boxwarp_options* options, boxwarp_env** env);
void boxwarp_destroy(boxwarp_env* env); /* null is allowed */

/* Starts a new episode where mask (N) is not 0 (null: everywhere). level_ids (N): the level to play, or -1 for the next in
 * order (null: all -1). The first reset takes no mask. */
boxwarp_status boxwarp_reset(boxwarp_env* env, const uint8_t* mask, const int64_t* level_ids);
/* Starts everywhere under this seed, with counters zeroed: the same calls give the same episodes again. */
boxwarp_status boxwarp_reset_seed(boxwarp_env* env, uint64_t seed);
/* actions: (N), 0 up, 1 down, 2 left, 3 right, 4 nothing (with no_op). After a bad one BOXWARP_BAD_INPUT, and nobody was
 * stepped. */
boxwarp_status boxwarp_step(boxwarp_env* env, const int32_t* actions);
/* The same with bytes, and on a GPU with actions that lie there; nothing waits. */
boxwarp_status boxwarp_step_device(boxwarp_env* env, const uint8_t* actions);
/* Waits for the device and tells what failed there. */
boxwarp_status boxwarp_synchronize(boxwarp_env* env);
/* Uniform random actions for the next step: (N) out. */
boxwarp_status boxwarp_random_actions(const boxwarp_env* env, uint8_t* actions);

/* The same from environment to environment for its whole life. */
boxwarp_status boxwarp_get_buffers(const boxwarp_env* env, boxwarp_buffers* buffers);

/* Everything that decides how the environments go on: writes up to `capacity` bytes and how many there are to *bytes; with
 * bytes beyond the capacity nothing is written and the result is BOXWARP_OK all the same. */
boxwarp_status boxwarp_save(const boxwarp_env* env, void* state, size_t capacity, size_t* bytes);
boxwarp_status boxwarp_restore(boxwarp_env* env, const void* state, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
