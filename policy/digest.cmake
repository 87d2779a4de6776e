# What results depend on, as one digest that stages keep with their results: sources, and the files
# that say how they are compiled. Names are relative: the folders above the project decide nothing.
file(GLOB_RECURSE digested CONFIGURE_DEPENDS LIST_DIRECTORIES false RELATIVE "${PROJECT_SOURCE_DIR}"
  "${PROJECT_SOURCE_DIR}/include/*pp" "${PROJECT_SOURCE_DIR}/backends/*pp"
  "${PROJECT_SOURCE_DIR}/backends/*.cu" "${PROJECT_SOURCE_DIR}/backends/*.cuh"
  "${PROJECT_SOURCE_DIR}/backends/CMakeLists.txt"
  "${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt" "${CMAKE_CURRENT_SOURCE_DIR}/*.cmake"
  "${CMAKE_CURRENT_SOURCE_DIR}/include/*pp" "${CMAKE_CURRENT_SOURCE_DIR}/src/*pp"
  "${CMAKE_CURRENT_SOURCE_DIR}/src/*.in" "${CMAKE_CURRENT_SOURCE_DIR}/app/*pp"
  "${CMAKE_CURRENT_SOURCE_DIR}/assets/*")
list(FILTER digested EXCLUDE REGEX "/(report|host)/")
list(APPEND digested CMakeLists.txt cmake/FlowkitOptions.cmake cmake/FlowkitTargets.cmake)
list(TRANSFORM digested PREPEND "${PROJECT_SOURCE_DIR}/")
list(JOIN digested "\n" digested_lines)
set(digest_list "${CMAKE_CURRENT_BINARY_DIR}/digested.txt")
file(CONFIGURE OUTPUT "${digest_list}" CONTENT "${digested_lines}\n" @ONLY)

# What no file of the project says: the variant of this build, a line for each thing.
set(variant "")
function(flowkit_note_variant name)
  list(JOIN ARGN " " value)
  string(STRIP "${value}" value)
  string(APPEND variant "${name}: ${value}\n")
  set(variant "${variant}" PARENT_SCOPE)
endfunction()

string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
foreach(language CXX CUDA)
  if(CMAKE_${language}_COMPILER_ID)
    flowkit_note_variant(${language} ${CMAKE_${language}_COMPILER_ID}
      ${CMAKE_${language}_COMPILER_VERSION} ${CMAKE_${language}_FLAGS}
      ${CMAKE_${language}_FLAGS_${configuration}} ${CMAKE_${language}_ARCHITECTURES})
  endif()
endforeach()
get_directory_property(options COMPILE_OPTIONS)  # of sanitizers, and of a project around this one
flowkit_note_variant(options ${options})
get_property(backends GLOBAL PROPERTY FLOWKIT_BACKENDS)
flowkit_note_variant(backends ${backends})
get_property(archs GLOBAL PROPERTY FLOWKIT_EIGEN_ARCHS)
flowkit_note_variant(eigen ${archs})
get_property(xsimd GLOBAL PROPERTY FLOWKIT_XSIMD_VERSION)
flowkit_note_variant(xsimd ${xsimd})
if(FLOWKIT_WITH_ONEDNN)
  flowkit_note_variant(onednn ${dnnl_VERSION})
endif()
if(FLOWKIT_WITH_CUDA)
  flowkit_note_variant(cuda ${CUDAToolkit_VERSION})
endif()
if(FLOWKIT_BUILD_TASKS)
  find_package(mujoco CONFIG QUIET)  # tasks.cmake says what to do where it is missing
  flowkit_note_variant(mujoco ${mujoco_VERSION})
endif()
set(digest_variant "${CMAKE_CURRENT_BINARY_DIR}/digest_variant.txt")
file(CONFIGURE OUTPUT "${digest_variant}" CONTENT "${variant}" @ONLY)

set(digest_source "${CMAKE_CURRENT_BINARY_DIR}/build_digest.cpp")
set(digest_script "${PROJECT_SOURCE_DIR}/cmake/FlowkitDigest.cmake")
add_custom_command(OUTPUT "${digest_source}"
  COMMAND ${CMAKE_COMMAND} -D "FILES=${digest_list}" -D "ROOT=${PROJECT_SOURCE_DIR}"
    -D "VARIANT=${digest_variant}" -D "OUTPUT=${digest_source}" -P "${digest_script}"
  DEPENDS ${digested} "${digest_list}" "${digest_variant}" "${digest_script}"
  COMMENT "Digesting sources" VERBATIM)
