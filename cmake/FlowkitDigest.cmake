# A digest of sources, as the body of a function. Run by a custom command:
#   cmake -D FILES=<file with one path per line> -D ROOT=<folder they are named from>
#         -D VARIANT=<text> -D OUTPUT=<.cpp> -P FlowkitDigest.cmake
# Names and contents count, and the variant (compiler and flags): builds with equal digests compute
# the same numbers on the same machine.
file(STRINGS "${FILES}" paths)
set(all "${VARIANT}\n")
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
