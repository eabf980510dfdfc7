// Messages as Python's callers read them.
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <string_view>

namespace boxwarp::python {

// What the library says, which names options as the command has them ("--no-op", "go on with --resume"), in the package's
// names ("no_op", "go on with Trainer.resume").
std::string in_python(std::string_view text);

// A value as Python writes it, cut where it is long.
std::string shown(nanobind::handle value);

}  // namespace boxwarp::python
