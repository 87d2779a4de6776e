# Defines blosc::blosc, the compressor of zarr chunks. Debian's package has no CMake configuration.
if(NOT TARGET blosc::blosc)
  find_library(FLOWKIT_BLOSC_LIBRARY blosc)
  find_path(FLOWKIT_BLOSC_INCLUDE blosc.h)
  mark_as_advanced(FLOWKIT_BLOSC_LIBRARY FLOWKIT_BLOSC_INCLUDE)
  if(NOT FLOWKIT_BLOSC_LIBRARY OR NOT FLOWKIT_BLOSC_INCLUDE)
    message(FATAL_ERROR "flowkit::policy reads Blosc-compressed data, but the library is missing: "
      "install libblosc-dev, or configure with -DFLOWKIT_BUILD_POLICY=OFF.")
  endif()
  add_library(blosc::blosc UNKNOWN IMPORTED)
  set_target_properties(blosc::blosc PROPERTIES
    IMPORTED_LOCATION "${FLOWKIT_BLOSC_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${FLOWKIT_BLOSC_INCLUDE}")
endif()
