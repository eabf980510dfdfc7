// What each source of the extension adds to the module.
#pragma once

#include <nanobind/nanobind.h>

namespace boxwarp::python {

void bind_levels(nanobind::module_& module);
void bind_engine(nanobind::module_& module);
void bind_weights(nanobind::module_& module);
void bind_network(nanobind::module_& module);
void bind_trainer(nanobind::module_& module);

}  // namespace boxwarp::python
