# flowkit::tasks: simulated tasks on MuJoCo. EGL and OSMesa are loaded while the program runs.
#
# The suite, from easy to hard. A task <name> is one line here, assets/<name>.xml and
# src/tasks/experts/<name>.cpp, which defines `const task_definition& <name>()`.
set(tasks
  reach_detour
  button_press
  drawer_open
  push_around
  pick_place
  peg_insert
  two_cubes)

# Debian's configuration asks for OpenGL and names the headers of qhull; its package depends on
# neither.
find_package(mujoco CONFIG QUIET)
if(NOT mujoco_FOUND)
  message(FATAL_ERROR "flowkit::tasks simulates with MuJoCo, but the library is missing: install "
    "libmujoco-dev, libqhull-dev and libgl-dev, or configure with -DFLOWKIT_BUILD_TASKS=OFF.")
endif()

# The documents become part of the library, so that a program needs no files beside it.
set(embedded "")
set(declarations "")
set(entries "")
foreach(name IN ITEMS arm LISTS tasks)
  set(file "${CMAKE_CURRENT_SOURCE_DIR}/assets/${name}.xml")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" document)
  string(APPEND embedded "    {\"${name}\", R\"mjcf(${document})mjcf\"},\n")
endforeach()
foreach(name IN LISTS tasks)
  string(APPEND declarations "const task_definition& ${name}();\n")
  string(APPEND entries "    &${name},\n")
endforeach()
set(generated "${CMAKE_CURRENT_BINARY_DIR}/tasks/generated.cpp")
configure_file("${CMAKE_CURRENT_SOURCE_DIR}/src/tasks/generated.cpp.in" "${generated}" @ONLY)

flowkit_add_library(tasks
  SOURCES ${sources} "${generated}"
  INCLUDE "${CMAKE_CURRENT_SOURCE_DIR}/include"
  PUBLIC flowkit_core
  PRIVATE mujoco::mujoco ${CMAKE_DL_LIBS})
# There are no windows, so the types of X11 stay away.
target_compile_definitions(flowkit_tasks PRIVATE EGL_NO_X11)
target_include_directories(flowkit_tasks PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
