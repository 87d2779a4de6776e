#include <flowkit/backends/select.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace flowkit {
namespace {

std::string name_of(std::string_view choice) {
  return with_backend(choice, [](auto& be) { return std::string(be.name()); });
}

TEST(SelectBackend, FindsEveryUsableBackendByName) {
  for (const std::string& name : usable_backends()) EXPECT_EQ(name_of(name), name);
}

TEST(SelectBackend, BuiltBackendThatTheMachineCannotRunSaysWhy) {
  const std::vector<std::string> usable = usable_backends();
  for (const std::string& name : built_backends()) {
    if (std::find(usable.begin(), usable.end(), name) != usable.end()) continue;
    try {
      name_of(name);
      FAIL() << name << " runs, but is not said to be usable";
    } catch (const backend_error& e) {
      EXPECT_NE(std::string(e.what()).find("use the backend eigen"), std::string::npos) << e.what();
    }
  }
}

TEST(SelectBackend, DefaultIsTheFirstOne) {
  EXPECT_EQ(name_of(""), built_backends().front());
  EXPECT_EQ(name_of("auto"), built_backends().front());
}

TEST(SelectBackend, PassesOptionsOn) {
  const auto threads_of = [](auto& be) {
    if constexpr (requires { be.threads(); }) return be.threads();
    return 0;
  };

  const int threads = with_backend("eigen", threads_of, {.threads = 3});

  EXPECT_EQ(threads, 3);
}

#if !defined(FLOWKIT_HAS_CUDA)
TEST(SelectBackend, UnbuiltBackendSaysHowToGetIt) {
  try {
    name_of("cuda");
    FAIL() << "a backend that was not built was found";
  } catch (const not_built_error& e) {
    EXPECT_NE(std::string(e.what()).find("FLOWKIT_BUILD_CUDA=ON"), std::string::npos);
  }
}
#endif

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
