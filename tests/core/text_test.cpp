#include <gtest/gtest.h>
#include <flowkit/core/error.hpp>
#include <flowkit/core/extents.hpp>

namespace flowkit {
namespace {

TEST(Text, JoinsPiecesOfAllKinds) {
  const std::string s = "std";

  EXPECT_EQ(text("a ", 1, ' ', -2L, " ", s, " ", true, " ", extents{2, 3}),
            "a 1 -2 std true [2, 3]");
}

TEST(Text, NumbersReadBackToTheSameValue) {
  EXPECT_EQ(text(0.1F), "0.1");
  EXPECT_EQ(std::stod(text(1.0 / 3)), 1.0 / 3);
  EXPECT_EQ(text(18446744073709551615ULL), "18446744073709551615");
}

TEST(Validate, ThrowsInvalidInputWithTheWholeMessage) {
  const int groups = 3;

  try {
    FLOWKIT_VALIDATE(8 % groups == 0, "8 channels in ", groups, " groups");
    FAIL() << "a false condition was accepted";
  } catch (const invalid_input& e) {
    EXPECT_STREQ(e.what(), "8 channels in 3 groups");
  }
}

TEST(Validate, BuildsNoMessageWhenTheConditionHolds) {
  const auto costly = []() -> std::string { throw std::logic_error("message was built"); };

  EXPECT_NO_THROW(FLOWKIT_VALIDATE(true, costly()));
}

TEST(Errors, FileErrorNamesThePathFirst) {
  const file_error e("data/x.npy", "is empty");

  EXPECT_STREQ(e.what(), "data/x.npy: is empty");
  EXPECT_EQ(e.path(), "data/x.npy");
}

TEST(Errors, AllAreFlowkitErrors) {
  EXPECT_THROW(throw backend_error("gemm", "failed"), error);
  EXPECT_THROW(throw not_built_error("cuda"), error);
  EXPECT_THROW(throw invalid_input("x"), error);
}

}  // namespace
}  // namespace flowkit
