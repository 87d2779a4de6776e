#include <gtest/gtest.h>
#include <flowkit/backends/select.hpp>

namespace flowkit {
namespace {

std::string name_of(std::string_view choice) {
  return with_backend(choice, [](auto& be) { return std::string(be.name()); });
}

TEST(SelectBackend, FindsEveryBuiltBackendByName) {
  for (const std::string& name : built_backends()) EXPECT_EQ(name_of(name), name);
}

TEST(SelectBackend, DefaultIsTheFirstOne) {
  EXPECT_EQ(name_of(""), built_backends().front());
  EXPECT_EQ(name_of("auto"), built_backends().front());
}

TEST(SelectBackend, PassesOptionsOn) {
  const int threads = with_backend("eigen", [](auto& be) { return be.threads(); }, {.threads = 3});

  EXPECT_EQ(threads, 3);
}

TEST(SelectBackend, UnbuiltBackendSaysHowToGetIt) {
  try {
    name_of("cuda");
    FAIL() << "a backend that was not built was found";
  } catch (const not_built_error& e) {
    EXPECT_NE(std::string(e.what()).find("FLOWKIT_BUILD_CUDA=ON"), std::string::npos);
  }
}

TEST(SelectBackend, UnknownNameListsTheKnownOnes) {
  try {
    name_of("eigne");
    FAIL() << "an unknown backend was found";
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("eigen"), std::string::npos);
  }
}

}  // namespace
}  // namespace flowkit
