/* Random play through the C interface: states, buffers and errors. argv[1]: a file of levels. */
#include <boxwarp/boxwarp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kEnvs = 6, kSteps = 200 };

static void demand(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "in_c: %s; last error: %s\n", what, boxwarp_last_error());
  exit(1);
}

static boxwarp_env* made(const char* levels) {
  boxwarp_options options;
  boxwarp_env* env = NULL;
  boxwarp_options_init(&options);
  options.num_envs = kEnvs;
  options.levels = levels;
  options.device = "cpu";
  options.observation = "cells";
  options.seed = 7;
  demand(boxwarp_create(&options, &env) == BOXWARP_OK && env != NULL, "create");
  return env;
}

static void play(boxwarp_env* env, int steps) {
  uint8_t drawn[kEnvs];
  int32_t actions[kEnvs];
  for (int t = 0; t < steps; ++t) {
    demand(boxwarp_random_actions(env, drawn) == BOXWARP_OK, "random actions");
    for (int e = 0; e < kEnvs; ++e) actions[e] = drawn[e];
    demand(boxwarp_step(env, actions) == BOXWARP_OK, "step");
  }
}

int main(int argc, char** argv) {
  demand(argc == 2, "takes a file of levels");
  demand(boxwarp_abi_version() == BOXWARP_ABI_VERSION, "header and library are of one version");

  boxwarp_options options;
  boxwarp_env* env = NULL;
  boxwarp_options_init(&options);
  options.levels = "nowhere.txt";
  demand(boxwarp_create(&options, &env) == BOXWARP_BAD_INPUT && env == NULL, "a missing file is bad input");
  demand(strstr(boxwarp_last_error(), "nowhere.txt") != NULL, "its message names it");
  options.levels = argv[1];
  options.device = "cuda:999";
  demand(boxwarp_create(&options, &env) == BOXWARP_DEVICE, "a missing device is told");

  env = made(argv[1]);
  int32_t actions[kEnvs] = {0};
  demand(boxwarp_step(env, actions) == BOXWARP_BAD_INPUT, "no step before the first reset");
  demand(boxwarp_reset(env, NULL, NULL) == BOXWARP_OK, "reset");
  actions[3] = 4;
  demand(boxwarp_step(env, actions) == BOXWARP_BAD_INPUT, "a bad action is told");
  demand(strstr(boxwarp_last_error(), "environment 3") != NULL, "with its environment");

  boxwarp_buffers buffers = {.size = sizeof buffers};
  demand(boxwarp_get_buffers(env, &buffers) == BOXWARP_OK && buffers.num_envs == kEnvs, "buffers");
  demand(buffers.observation_bytes == (size_t)buffers.height * (size_t)buffers.width, "cells take a byte each");
  play(env, kSteps);

  size_t bytes = 0;
  demand(boxwarp_save(env, NULL, 0, &bytes) == BOXWARP_OK && bytes > 0, "size of a state");
  void* state = malloc(bytes);
  demand(boxwarp_save(env, state, bytes, &bytes) == BOXWARP_OK, "save");
  play(env, kSteps);
  const size_t picture = buffers.observation_bytes * kEnvs;
  uint8_t* seen = malloc(picture);
  memcpy(seen, buffers.observations, picture);

  boxwarp_env* twin = made(argv[1]);
  demand(boxwarp_reset(twin, NULL, NULL) == BOXWARP_OK && boxwarp_restore(twin, state, bytes) == BOXWARP_OK, "restore");
  play(twin, kSteps);
  boxwarp_buffers twins = {.size = sizeof twins};
  demand(boxwarp_get_buffers(twin, &twins) == BOXWARP_OK, "buffers of the twin");
  demand(memcmp(seen, twins.observations, picture) == 0, "a restored state goes on to the same boards");

  boxwarp_env* idler = NULL;
  options.device = "cpu";
  options.no_op = 1;
  options.reward_no_op = -0.5;
  options.solved_rule = "never";
  demand(boxwarp_create(&options, &idler) == BOXWARP_BAD_INPUT, "a rule that there is not");
  demand(strstr(boxwarp_last_error(), "targets_covered") != NULL, "its message tells those that there are");
  options.solved_rule = "targets_covered";
  demand(boxwarp_create(&options, &idler) == BOXWARP_OK && boxwarp_reset(idler, NULL, NULL) == BOXWARP_OK, "with no_op");
  const int32_t nothing = 4;
  demand(boxwarp_step(idler, &nothing) == BOXWARP_OK, "doing nothing");
  boxwarp_buffers idlers = {.size = sizeof idlers};
  demand(boxwarp_get_buffers(idler, &idlers) == BOXWARP_OK && idlers.rewards[0] < -0.59f && idlers.rewards[0] > -0.61f,
         "has its reward");
  boxwarp_destroy(idler);

  free(seen);
  free(state);
  boxwarp_destroy(env);
  boxwarp_destroy(twin);
  boxwarp_destroy(NULL);
  puts("in_c: done");
  return 0;
}
