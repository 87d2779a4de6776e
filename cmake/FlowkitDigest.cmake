# A digest of sources, as the body of a function. Run by a custom command:
#   cmake -D FILES=<file with one path per line> -D ROOT=<folder they are named from>
#         -D VARIANT=<file> -D OUTPUT=<.cpp> -P FlowkitDigest.cmake
# Names and contents count, and the variant: compilers, their flags, what is built for which
# instructions, and the versions of the libraries that compute, as they were found when the build
# was configured. Builds with equal digests compute the same numbers on the same machine, unless a
# library was exchanged below them.
file(STRINGS "${FILES}" paths)
file(SHA256 "${VARIANT}" all)
string(APPEND all "\n")
foreach(path IN LISTS paths)
  file(SHA256 "${path}" hash)
  file(RELATIVE_PATH name "${ROOT}" "${path}")
  string(APPEND all "${name} ${hash}\n")
endforeach()
string(SHA256 digest "${all}")
string(SUBSTRING "${digest}" 0 16 digest)
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
#include "core/build_digest.hpp"

namespace flowkit::policy::detail {

std::string_view build_digest() { return "@digest@"; }

}  // namespace flowkit::policy::detail
]] @ONLY)
