// boxwarp._core: the library as Python calls it. The package beside it gives this its public form.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <exception>

#include "host/engine/build_info.hpp"
#include "host/python/bindings.hpp"
#include "host/python/levels.hpp"
#include "host/python/weights.hpp"
#include "host/python/wording.hpp"
#include "kernels/executor.hpp"
#include "levels/error.hpp"

NB_MODULE(_core, module) {
  namespace nb = nanobind;
  using namespace boxwarp;
  // A framework may hold on to a graph, and so to us, until the interpreter is gone; that is no leak to warn of.
  nb::set_leak_warnings(false);
  // Later translators are asked first, so what is derived comes last.
  nb::exception<DeviceError>(module, "DeviceError", PyExc_RuntimeError).attr("__doc__") =
      "The device that was asked for is missing, or it failed.";
  auto bad_input = nb::exception<BadInput>(module, "InputError", PyExc_ValueError);
  bad_input.attr("__doc__") = "Bad input: an option, an action, a state, a file. The message says where and what to do.";
  auto level_fault = nb::exception<python::LevelFault>(module, "LevelError", bad_input.ptr());
  level_fault.attr("__doc__") = "A level or a file of levels cannot be used; the message begins with its place.";
  auto weights_fault = nb::exception<python::WeightsFault>(module, "WeightsError", bad_input.ptr());
  weights_fault.attr("__doc__") = "A file of weights cannot be used; the message lists everything that does not fit.";
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    const auto raise = [](const char* name, const std::exception& error) {
      const nb::object type = nb::module_::import_("boxwarp._core").attr(name);
      PyErr_SetString(type.ptr(), python::in_python(error.what()).c_str());
    };
    try {
      std::rethrow_exception(thrown);
    } catch (const python::LevelFault& error) {
      raise("LevelError", error);
    } catch (const python::WeightsFault& error) {
      raise("WeightsError", error);
    } catch (const BadInput& error) {
      raise("InputError", error);
    } catch (const DeviceError& error) {
      raise("DeviceError", error);
    }
  });
  module.def(
      "version", [] { return program_version(); }, "Version of the library, \"0.1.0\".");
  python::bind_levels(module);
  python::bind_engine(module);
  python::bind_weights(module);
  python::bind_network(module);
  python::bind_trainer(module);
}
