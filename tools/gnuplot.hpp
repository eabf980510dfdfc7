// Plots drawn by gnuplot.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace boxwarp {

// Runs the script and returns what it draws (its terminal must be pngcairo, without `set output`). Throws
// std::runtime_error if gnuplot is not installed, fails or draws nothing.
std::vector<std::byte> drawn_by_gnuplot(const std::string& script);

// Text as a quoted string of gnuplot's language.
std::string gnuplot_string(const std::string& text);

}  // namespace boxwarp
