# Options of the build, their defaults, and the checks that they make sense.

option(FLOWKIT_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(FLOWKIT_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(FLOWKIT_BUILD_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(FLOWKIT_BUILD_HOST "Build flowkit::host (xtensor adaptors, plots)" ON)
option(FLOWKIT_BUILD_POLICY "Build flowkit::policy (visuomotor policies; needs Blosc)" ${PROJECT_IS_TOP_LEVEL})
option(FLOWKIT_BUILD_TASKS "Build flowkit::tasks (the simulated tasks; needs MuJoCo)" ${FLOWKIT_BUILD_POLICY})
option(FLOWKIT_EIGEN_DISPATCH "Compile the Eigen backend for several instruction sets" ON)
option(FLOWKIT_WERROR "Turn warnings of our own code into errors" OFF)
option(FLOWKIT_FUZZ "Build the fuzz targets of the file readers (needs clang)" OFF)
set(FLOWKIT_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined or thread")

foreach(backend ONEDNN CUDA)
  set(FLOWKIT_BUILD_${backend} AUTO CACHE STRING "Build the backend ${backend}: AUTO, ON or OFF")
  set_property(CACHE FLOWKIT_BUILD_${backend} PROPERTY STRINGS AUTO ON OFF)
endforeach()
# AUTO builds the backend where its library is found; FLOWKIT_WITH_ONEDNN is what came of it.
set(FLOWKIT_WITH_ONEDNN OFF)
if(FLOWKIT_BUILD_ONEDNN)
  find_package(dnnl QUIET)
  set(FLOWKIT_WITH_ONEDNN ${dnnl_FOUND})
  if(NOT dnnl_FOUND AND NOT FLOWKIT_BUILD_ONEDNN STREQUAL "AUTO")
    message(FATAL_ERROR "FLOWKIT_BUILD_ONEDNN=${FLOWKIT_BUILD_ONEDNN}, but oneDNN was not found: "
      "install libdnnl-dev and ocl-icd-opencl-dev (the package of Debian asks for OpenCL), or set "
      "dnnl_DIR to the folder of dnnl-config.cmake, or leave the option at AUTO.")
  endif()
  # Products run on threads of ours, one at a time on each (backends/onednn/src/compat.hpp).
  if(dnnl_FOUND AND NOT DNNL_CPU_THREADING_RUNTIME MATCHES "^(OMP|SEQ)$")
    set(FLOWKIT_WITH_ONEDNN OFF)
    set(reason "the oneDNN in ${dnnl_DIR} runs its threads by '${DNNL_CPU_THREADING_RUNTIME}': "
      "install one that was built with DNNL_CPU_RUNTIME=OMP or SEQ")
    if(FLOWKIT_BUILD_ONEDNN STREQUAL "AUTO")
      message(STATUS "The backend onednn is left out, because " ${reason})
    else()
      message(FATAL_ERROR "FLOWKIT_BUILD_ONEDNN=${FLOWKIT_BUILD_ONEDNN}, but " ${reason})
    endif()
  endif()
endif()

# The CUDA backend needs nvcc and cuBLASLt, no GPU. Device code has no sanitizers: its kernels are
# checked on the host, by the tests.
set(FLOWKIT_WITH_CUDA OFF)
set(FLOWKIT_CUDA_STATE "not asked for")
if(FLOWKIT_BUILD_CUDA)
  find_program(FLOWKIT_NVCC nvcc HINTS ENV CUDAToolkit_ROOT ENV CUDA_PATH PATHS /usr/local/cuda
    PATH_SUFFIXES bin)
  if(FLOWKIT_SANITIZE)
    set(FLOWKIT_CUDA_STATE "no: a build with sanitizers has none")
  elseif(NOT FLOWKIT_NVCC)
    set(FLOWKIT_CUDA_STATE "no: nvcc was not found; CUDAToolkit_ROOT names the toolkit's folder")
  else()
    if(NOT DEFINED CMAKE_CUDA_COMPILER)
      set(CMAKE_CUDA_COMPILER "${FLOWKIT_NVCC}")
    endif()
    find_package(CUDAToolkit 12.4 QUIET)
    if(TARGET CUDA::cublasLt)
      set(FLOWKIT_WITH_CUDA ON)
    else()
      set(FLOWKIT_CUDA_STATE "no: ${FLOWKIT_NVCC} has no cuBLASLt of CUDA 12.4 or later")
    endif()
  endif()
  if(NOT FLOWKIT_WITH_CUDA AND NOT FLOWKIT_BUILD_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "FLOWKIT_BUILD_CUDA=${FLOWKIT_BUILD_CUDA}, but the backend cannot be "
      "built (${FLOWKIT_CUDA_STATE}). Install the CUDA toolkit, or leave the option at AUTO.")
  endif()
endif()
if(FLOWKIT_WITH_CUDA)
  # Ampere, Hopper, Blackwell, and instructions for what comes after them. CMake's own choice would
  # be older than all of these, or ask a GPU that is not there.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90 100 CACHE STRING "GPUs that the CUDA backend is built for")
  endif()
  set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}" CACHE FILEPATH "Compiler below nvcc")
  enable_language(CUDA)
  set(FLOWKIT_CUDA_STATE "CUDA ${CUDAToolkit_VERSION}, for ${CMAKE_CUDA_ARCHITECTURES}")
endif()

# A build without a type would be a slow one. Only the top level may decide that for everybody.
get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Kind of build" FORCE)
  set_property(CACHE CMAKE_BUILD_TYPE PROPERTY STRINGS Release RelWithDebInfo Debug MinSizeRel)
endif()

# The level of run-time checks is part of what library and user must agree on, so it is resolved
# here once and travels with flowkit::core as a public definition.
set(FLOWKIT_CHECKS auto CACHE STRING "Run-time checks: auto, off, debug (preconditions) or poison \
(also fills scratch memory with NaN)")
set_property(CACHE FLOWKIT_CHECKS PROPERTY STRINGS auto off debug poison)
set(checks ${FLOWKIT_CHECKS})
if(checks STREQUAL "auto")
  if(CMAKE_BUILD_TYPE MATCHES "^(Debug|RelWithDebInfo)$")
    set(checks debug)
  else()
    set(checks off)
  endif()
endif()
set(check_levels off debug poison)
list(FIND check_levels "${checks}" FLOWKIT_CHECKS_LEVEL)
if(FLOWKIT_CHECKS_LEVEL EQUAL -1)
  message(FATAL_ERROR "FLOWKIT_CHECKS=${FLOWKIT_CHECKS} is unknown: use auto, off, debug or poison.")
endif()

# Tests and examples include everything, so they need flowkit::host.
if((FLOWKIT_BUILD_TESTS OR FLOWKIT_BUILD_EXAMPLES OR FLOWKIT_BUILD_BENCH) AND NOT FLOWKIT_BUILD_HOST)
  message(FATAL_ERROR "FLOWKIT_BUILD_{TESTS,EXAMPLES,BENCH} need FLOWKIT_BUILD_HOST=ON: they "
    "include the host headers. Switch them off, or build the host part.")
endif()

if(FLOWKIT_SANITIZE)
  # For this directory and all below, objects of every target alike: half a sanitizer reports noise.
  add_compile_options(-fsanitize=${FLOWKIT_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FLOWKIT_SANITIZE})
endif()

# Sources of tests and policies share most of their headers, which are compiled once for all, unless
# that hides the sources from a compiler cache. ccache sees through headers compiled by g++.
set(precompile ON)
if(CMAKE_CXX_COMPILER_LAUNCHER)
  set(precompile OFF)
endif()
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(FLOWKIT_CCACHE ccache)
  if(FLOWKIT_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${FLOWKIT_CCACHE}")
    set(CMAKE_CUDA_COMPILER_LAUNCHER "${FLOWKIT_CCACHE}")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # For which it wants to be told that such headers depend neither on definitions of the command
      # line nor on the time of day, and a preprocessor that leaves them whole. They are large:
      # hashed once, not for every source.
      set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros
        CCACHE_INODECACHE=true "${FLOWKIT_CCACHE}")
      add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
    else()
      set(precompile OFF)
    endif()
  endif()
endif()
option(FLOWKIT_PRECOMPILE "Compile headers that many sources include once for all" ${precompile})
