# Installed headers, the package configuration, and its version.
include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
foreach(folder ${FLOWKIT_BACKEND_INCLUDES})
  install(DIRECTORY "${folder}/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.cuh")
endforeach()

if(FLOWKIT_BUILD_POLICY)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/policy/include/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.hpp")
endif()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/flowkit)
install(EXPORT flowkit_targets NAMESPACE flowkit:: DESTINATION ${package_dir}
  FILE flowkitTargets.cmake)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/flowkitConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/flowkitConfig.cmake"
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/flowkitConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/flowkitConfig.cmake"
  "${PROJECT_BINARY_DIR}/flowkitConfigVersion.cmake"
  DESTINATION ${package_dir})
if(FLOWKIT_BUILD_POLICY)
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/FlowkitFindBlosc.cmake" DESTINATION ${package_dir})
endif()
