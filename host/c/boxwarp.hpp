// boxwarp in C++, in one header: levels, environments, agents and their training.
//
//   boxwarp::load_levels, LevelBank     levels from files, folders, generators
//   boxwarp::open_device, VectorEnv     N environments stepped together
//   boxwarp::load_weights, Policy       an agent that acts; evaluate plays it through a set
//   boxwarp::Trainer                    training, an update at a time
//
// BadInput is what the caller can mend, DeviceError a device that is missing or failed.
#pragma once

#include "host/engine/device.hpp"
#include "host/engine/level_bank.hpp"
#include "host/engine/vector_env.hpp"
#include "host/learner/evaluation.hpp"
#include "host/learner/initial_weights.hpp"
#include "host/learner/policy.hpp"
#include "host/learner/trainer.hpp"
#include "host/learner/weights.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
