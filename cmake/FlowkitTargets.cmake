# Functions that give every target of this project the same language level, warnings and install.

# Warnings are for our own code only: this target is linked privately and never exported.
add_library(flowkit_warnings INTERFACE)
target_compile_options(flowkit_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${FLOWKIT_WERROR}>>:-Werror>
  # g++ 12 at -O2 reports bounds inside xtensor's and Eigen's storage although they are system
  # headers; the report stays visible but cannot stop the build.
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-error=array-bounds>
  # What nvcc generates from our code is not pedantic.
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra>
  $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${FLOWKIT_WERROR}>>:-Werror=all-warnings>)

# Language level without compiler extensions, our warnings, and nothing from the compiler's side.
function(flowkit_setup_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  # CMake 3.25 does not know the language levels of nvcc 13.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF CUDA_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:flowkit_warnings>)
endfunction()

# Headers that the sources of a target share are compiled once. Builds with sanitizers go without, so
# that they find sources which rely on that and lack an include.
function(flowkit_precompile target)
  if(FLOWKIT_PRECOMPILE AND NOT FLOWKIT_SANITIZE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

# Installs a library target into the export set.
function(flowkit_install_target target)
  install(TARGETS ${target} EXPORT flowkit_targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# flowkit_add_library(<name> SOURCES … [INCLUDE dir] [PUBLIC libs…] [PRIVATE libs…])
# Static library flowkit_<name>, known to users as flowkit::<name>, installed and exported.
function(flowkit_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "INCLUDE" "SOURCES;PUBLIC;PRIVATE")
  set(target flowkit_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(flowkit::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  flowkit_setup_target(${target})
  if(arg_INCLUDE)
    target_include_directories(${target} PUBLIC
      $<BUILD_INTERFACE:${arg_INCLUDE}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endif()
  target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  flowkit_install_target(${target})
endfunction()
