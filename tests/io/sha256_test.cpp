#include <flowkit/core/error.hpp>
#include <flowkit/io/sha256.hpp>

#include "support/files.hpp"

#include <algorithm>
#include <vector>

namespace flowkit {
namespace {

std::string hash(std::string_view bytes) { return sha256_of(detail::bytes_of(bytes)); }

// Examples of FIPS 180-2, appendix B; the empty message from the NIST test vectors.
TEST(sha256, agrees_with_published_examples) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256, is_the_same_with_every_instruction_set) {
  std::vector<std::byte> block(64);
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<std::byte>(37 * i + 11);
  std::vector<std::array<std::uint32_t, 8>> states;

  for (const auto compress : detail::usable_sha256_compressions()) {
    states.push_back({1, 2, 3, 4, 5, 6, 7, 0xFFFFFFFF});
    for (int k = 0; k < 3; ++k) compress(states.back().data(), block.data());
  }

  for (const auto& state : states) EXPECT_EQ(state, states.front());
}

TEST(sha256, does_not_depend_on_how_bytes_are_cut) {
  const std::string message(300, 'x');
  const std::string whole = hash(message);

  for (std::size_t piece = 1; piece < 130; ++piece) {
    sha256 h;
    for (std::size_t at = 0; at < message.size(); at += piece) {
      h.update(detail::bytes_of(std::string_view(message).substr(at, piece)));
    }
    EXPECT_EQ(to_text(h.digest()), whole) << "pieces of " << piece;
  }
}

TEST(sha256, differs_for_every_length_around_a_block) {
  std::vector<std::string> seen;
  for (std::size_t length = 50; length < 135; ++length) {
    const std::string h = hash(std::string(length, '\0'));
    EXPECT_EQ(std::find(seen.begin(), seen.end(), h), seen.end()) << length;
    seen.push_back(h);
  }
}

TEST(sha256, of_a_file_is_that_of_its_bytes) {
  const testing::temporary_directory folder;
  testing::write_raw(folder / "a", "abc");

  EXPECT_EQ(sha256_of_file(folder / "a"), hash("abc"));
  EXPECT_THROW((void)sha256_of_file(folder / "missing"), file_error);
}

}  // namespace
}  // namespace flowkit
