// Little-endian numbers in byte strings.
#include <flowkit/io/bytes.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace flowkit::detail {
namespace {

TEST(bytes, numbers_are_stored_lowest_byte_first) {
  std::string out;

  append_little(out, std::uint32_t{0x01020304});
  append_little(out, std::uint16_t{0x0506});

  EXPECT_EQ(out, "\x04\x03\x02\x01\x06\x05");
  EXPECT_EQ(load_little<std::uint16_t>(bytes_of(out), 4), 0x0506);
}

TEST(bytes, numbers_may_lie_at_any_offset) {
  std::string out = "x";

  append_little(out, 1.5);

  EXPECT_EQ(load_little<double>(bytes_of(out), 1), 1.5);
}

}  // namespace
}  // namespace flowkit::detail
