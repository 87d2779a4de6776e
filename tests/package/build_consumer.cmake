# Builds and runs tests/package/consumer, WAY being "installed" or "subdirectory".
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
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
  # The least library, as in the preset minimal: all that it links must stand without the rest.
  set(where "-DFLOWKIT_SOURCE=${SOURCE}" -DFLOWKIT_BUILD_CUDA=OFF -DFLOWKIT_BUILD_ONEDNN=OFF
    -DFLOWKIT_BUILD_HOST=OFF -DFLOWKIT_BUILD_POLICY=OFF -DFLOWKIT_EIGEN_DISPATCH=OFF)
  set(targets --target consumer)
endif()

run("configuration of the consumer"
  ${CMAKE_COMMAND} -S "${SOURCE}/tests/package/consumer" -B "${WORK}/build" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" ${where})
run("build of the consumer" ${CMAKE_COMMAND} --build "${WORK}/build" ${targets})
run("consumer" "${WORK}/build/consumer")
message("${output}")
