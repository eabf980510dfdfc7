#include "levels/level.hpp"
