# Builds and runs tests/package/consumer, WAY being "installed" or "subdirectory".
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# The parts that the preset minimal leaves out, as arguments of CMake.
function(minimal_preset out)
  file(READ "${SOURCE}/CMakePresets.json" presets)
  string(JSON presets GET "${presets}" configurePresets)
  string(JSON count LENGTH "${presets}")
  set(settings)
  foreach(i RANGE 1 ${count})
    math(EXPR at "${i} - 1")
    string(JSON name GET "${presets}" ${at} name)
    if(NOT name STREQUAL "minimal")
      continue()
    endif()
    foreach(part IN ITEMS CUDA ONEDNN HOST POLICY)
      string(JSON value GET "${presets}" ${at} cacheVariables FLOWKIT_BUILD_${part})
      list(APPEND settings -DFLOWKIT_BUILD_${part}=${value})
    endforeach()
  endforeach()
  if(NOT settings)
    message(FATAL_ERROR "CMakePresets.json has no preset minimal")
  endif()
  set(${out} ${settings} PARENT_SCOPE)
endfunction()

# Nothing of an earlier run may help: a header that is no longer installed must be missed.
file(REMOVE_RECURSE "${WORK}")

if(WAY STREQUAL "installed")
  run("install" ${CMAKE_COMMAND} --install "${BUILD}" --prefix "${WORK}/prefix")
  # A moved prefix shows that no path of this machine was written into the package.
  file(RENAME "${WORK}/prefix" "${WORK}/moved")
  file(GLOB_RECURSE package "${WORK}/moved/${LIBDIR}/cmake/*.cmake")
  foreach(file IN LISTS package)
    file(READ "${file}" text)
    foreach(folder IN ITEMS "${SOURCE}" "${BUILD}")
      string(FIND "${text}" "${folder}" position)
      if(NOT position EQUAL -1)
        message(FATAL_ERROR "${file} names ${folder}: the package works on this machine only")
      endif()
    endforeach()
  endforeach()
  set(where "-DCMAKE_PREFIX_PATH=${WORK}/moved")
else()
  # The least library, the preset minimal: all that it links must stand without the rest. A part
  # that the preset does not mention is an error here; AUTO would depend on the machine.
  minimal_preset(settings)
  set(where "-DFLOWKIT_SOURCE=${SOURCE}" ${settings} -DFLOWKIT_EIGEN_DISPATCH=OFF)
  set(targets --target consumer)
endif()

# A list, which stays one argument.
string(REPLACE ";" "\\;" launcher "${LAUNCHER}")
run("configuration of the consumer"
  ${CMAKE_COMMAND} -S "${SOURCE}/tests/package/consumer" -B "${WORK}/build" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" ${where})
run("build of the consumer" ${CMAKE_COMMAND} --build "${WORK}/build" ${targets})
run("consumer" "${WORK}/build/consumer")
message("${output}")
