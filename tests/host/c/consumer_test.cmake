# Builds the project beside this file against boxwarp and runs it on LEVELS: against the build BUILD as it is installed into
# SCRATCH or, where SOURCES names the sources, against those as a folder of the project. The latter compiles a source of each
# part, and leaves the library itself to BUILD.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("${output}")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "status ${status}: ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
set(configure ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${SCRATCH}/build -G Ninja -DCMAKE_C_COMPILER=${C_COMPILER}
              -DCMAKE_CXX_COMPILER=${CXX_COMPILER} -DCMAKE_BUILD_TYPE=Debug)
if(SOURCES)
  run(${configure} -DBOXWARP_SOURCES=${SOURCES} -DBOXWARP_CUDA=OFF)
  set(there _deps/boxwarp-build)
  run(${CMAKE_COMMAND} --build ${SCRATCH}/build --target CMakeFiles/in_c.dir/main.c.o CMakeFiles/in_cpp.dir/main.cpp.o
      ${there}/levels/CMakeFiles/boxwarp_levels.dir/problem.cpp.o ${there}/host/CMakeFiles/boxwarp_host.dir/cpu/env_chunk.cpp.o
      ${there}/tools/CMakeFiles/boxwarp.dir/terminal.cpp.o)
  return()
endif()

set(installed ${SCRATCH}/installed)
run(${CMAKE_COMMAND} --install ${BUILD} --component library --prefix ${installed})
run(${configure} -DCMAKE_PREFIX_PATH=${installed})
run(${CMAKE_COMMAND} --build ${SCRATCH}/build)
run(${SCRATCH}/build/in_c ${LEVELS})
run(${SCRATCH}/build/in_cpp ${LEVELS})

# What is shipped lies beside the program and the library, in another place than the sources as well.
foreach(file levels/quick_test.txt levels/quick_train.boxwarp models/quick/model.safetensors)
  if(NOT EXISTS ${installed}/share/boxwarp/${file})
    message(FATAL_ERROR "${file} is not installed")
  endif()
endforeach()
set(moved ${SCRATCH}/moved)
file(RENAME ${installed} ${moved})
file(RENAME ${moved}/share/boxwarp/levels/quick_test.txt ${moved}/share/boxwarp/levels/only_here.txt)
file(RENAME ${moved}/share/boxwarp/models/quick ${moved}/share/boxwarp/models/only_here)
run(${moved}/bin/boxwarp eval --weights only_here --levels only_here --limit 2 --think 0 --device cpu)
file(GLOB_RECURSE library ${moved}/libboxwarp.so)
cmake_path(GET library PARENT_PATH folder)
run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${folder} ${SCRATCH}/build/in_cpp only_here)
