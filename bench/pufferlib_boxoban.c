// How many steps a second one core takes through PufferLib's Boxoban, whose headers are included from a checkout of theirs;
// built and run by pufferlib_speed.py. LEVELS.txt ENVS SECONDS; prints five samples.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Drawing is left out: what its header names of raylib, which pufferlib_speed.py puts an empty header in place of.
typedef struct { int width, height; } Texture2D;
typedef struct { float x, y, width, height; } Rectangle;
typedef struct { float x, y; } Vector2;
typedef struct { unsigned char r, g, b, a; } Color;
enum { KEY_ESCAPE };
static const Color WHITE = {255, 255, 255, 255};
static Texture2D LoadTexture(const char* path) { return (void)path, (Texture2D){0, 0}; }
static void UnloadTexture(Texture2D texture) { (void)texture; }
static void DrawTexturePro(Texture2D texture, Rectangle from, Rectangle to, Vector2 origin, float angle, Color color) {
  (void)texture, (void)from, (void)to, (void)origin, (void)angle, (void)color;
}
static bool IsWindowReady(void) { return false; }
static bool IsKeyDown(int key) { return (void)key, false; }
static void InitWindow(int width, int height, const char* title) { (void)width, (void)height, (void)title; }
static void CloseWindow(void) {}
static void SetTargetFPS(int fps) { (void)fps; }
static void BeginDrawing(void) {}
static void EndDrawing(void) {}
static void ClearBackground(Color color) { (void)color; }

// Their levels lie in a file that they map; here in memory, in the same layout, which parse_maps.h writes.
#define PUFFERLIB_OCEAN_BOXOBAN_MAPS_H
#include "parse_maps.h"
static uint8_t* MAP_BASE;
static size_t PUZZLE_COUNT, PUZZLE_SIZE = BOXOBAN_PUZZLE_BYTES, PUZZLE_OBS_BYTES = BOXOBAN_PUZZLE_OBS_BYTES;
static const char* boxoban_difficulty_name_from_id(int id) { return (void)id, "none"; }
static int boxoban_prepare_maps_for_difficulty(const char* name, char* path, size_t size) {
  return (void)name, (void)path, (void)size, 0;
}
#include "boxoban.h"
void ensure_map_loaded(void) {}

enum { SIZE = 10, ROWS = 64, CAP = 75 };

static void* taken(size_t count, size_t size) {
  void* memory = aligned_alloc(64, (count * size + 63) / 64 * 64);
  if (memory == NULL) exit((fprintf(stderr, "pufferlib_boxoban: out of memory\n"), 1));
  return memset(memory, 0, count * size);
}

static void read_levels(const char* path) {
  char packed[] = "/tmp/pufferlib_boxoban_XXXXXX";
  close(mkstemp(packed));
  const int bad = boxoban_write_bin_from_files(&path, 1, packed, 0, &PUZZLE_COUNT);
  FILE* file = fopen(packed, "rb");
  unlink(packed);
  MAP_BASE = taken(PUZZLE_COUNT + 1, PUZZLE_SIZE);
  if (bad || file == NULL || PUZZLE_COUNT == 0 || fread(MAP_BASE, PUZZLE_SIZE, PUZZLE_COUNT, file) != PUZZLE_COUNT)
    exit((fprintf(stderr, "pufferlib_boxoban: %s: no levels could be read\n", path), 1));
  fclose(file);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int count, char** values) {
  if (count != 4) return fprintf(stderr, "usage: pufferlib_boxoban LEVELS.txt ENVS SECONDS\n"), 2;
  read_levels(values[1]);
  const size_t envs = strtoul(values[2], NULL, 10);
  const double seconds = strtod(values[3], NULL);
  Boxoban* all = taken(envs, sizeof *all);
  unsigned char* observations = taken(envs, PUZZLE_OBS_BYTES);
  float *actions = taken(envs, sizeof(float)), *rewards = taken(envs, sizeof(float)), *ends = taken(envs, sizeof(float));
  for (size_t e = 0; e < envs; ++e) {
    all[e] = (Boxoban){.observations = observations + e * PUZZLE_OBS_BYTES, .actions = actions + e, .rewards = rewards + e,
                       .terminals = ends + e, .rng = (unsigned)e, .size = SIZE, .num_agents = 1, .max_steps = CAP,
                       .difficulty_id = -1};
    init(&all[e]);
    c_reset(&all[e]);
  }
  float* drawn = taken(ROWS * envs, sizeof(float));  // moves, which they number from 1
  unsigned seed = 1;
  for (size_t i = 0; i < ROWS * envs; ++i) drawn[i] = (float)(1 + rand_r(&seed) % 4);

  for (int sample = 0; sample < 5; ++sample) {
    size_t steps = 0;
    const double start = now();
    double passed = 0;
    for (size_t row = 0; passed < seconds; ++row) {
      memcpy(actions, drawn + row % ROWS * envs, envs * sizeof(float));
      for (size_t e = 0; e < envs; ++e) c_step(&all[e]);
      steps += envs;
      if (row % 8 == 7) passed = now() - start;
    }
    printf("%.0f\n", (double)steps / passed);
  }
  return 0;
}
