# Defines blosc::blosc, the compressor of zarr chunks, if the library is there. Debian's package has
# no CMake configuration. Installed beside flowkitConfig.cmake, so it must not end the configuration.
if(NOT TARGET blosc::blosc)
  find_library(FLOWKIT_BLOSC_LIBRARY blosc)
  find_path(FLOWKIT_BLOSC_INCLUDE blosc.h)
  mark_as_advanced(FLOWKIT_BLOSC_LIBRARY FLOWKIT_BLOSC_INCLUDE)
  if(FLOWKIT_BLOSC_LIBRARY AND FLOWKIT_BLOSC_INCLUDE)
    add_library(blosc::blosc UNKNOWN IMPORTED)
    set_target_properties(blosc::blosc PROPERTIES
      IMPORTED_LOCATION "${FLOWKIT_BLOSC_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${FLOWKIT_BLOSC_INCLUDE}")
  endif()
endif()
