#include <gtest/gtest.h>
#include <flowkit/backends/eigen.hpp>
#include <flowkit/host/xtensor.hpp>

namespace flowkit {
namespace {

using backend = eigen<float>;

TEST(Xtensor, ArrayReturnsFromTheBackendUnchanged) {
  backend be;
  host_array<float, 2> x{{1, 2, 3}, {4, 5, 6}};

  const tensor<backend, 2> on_backend = to_backend(be, x);

  EXPECT_EQ(on_backend.shape(), (extents{2, 3}));
  EXPECT_EQ(to_host(be, on_backend), x);
}

TEST(Xtensor, RowNumbersTravelToo) {
  backend be;
  const host_array<row_t, 1> rows{3, 1, 2};

  EXPECT_EQ(to_host(be, to_backend(be, rows)), rows);
}

TEST(Xtensor, EmptyArraysAreFine) {
  backend be;
  const host_array<float, 2> x(std::array<std::size_t, 2>{0, 5});

  EXPECT_EQ(to_backend(be, x).shape(), (extents{0, 5}));
  EXPECT_EQ(to_host(be, to_backend(be, x)).shape(0), 0u);
}

TEST(Xtensor, UploadNamesBothShapesWhenTheyDiffer) {
  backend be;
  tensor<backend, 2> t(be, {2, 3});
  const host_array<float, 2> x{{1, 2}, {3, 4}};

  try {
    upload(be, t.view(), x);
    FAIL() << "a wrong shape was accepted";
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("[2, 2]"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("[2, 3]"), std::string::npos);
  }
}

TEST(Xtensor, AdaptedViewSharesMemory) {
  backend be;
  tensor<backend, 2> t(be, {2, 2});
  be.fill(t.view(), 1.0F);

  auto a = adapt(t.view());
  a(1, 0) = 7;

  EXPECT_EQ(t.view()(1, 0), 7.0F);
}

}  // namespace
}  // namespace flowkit
