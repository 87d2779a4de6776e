// Ownership of buffers and tensors.
#include <flowkit/backend/tensor.hpp>
#include <flowkit/backends/eigen.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace flowkit {
namespace {

using backend = eigen<float>;
using host_buffer = buffer<int, host_space>;

/// Counts in its context how often it frees.
void count_free(void* data, void* context) noexcept {
  delete static_cast<int*>(data);
  ++*static_cast<int*>(context);
}

host_buffer one_int(int& freed) { return {new int(7), 1, count_free, &freed}; }

TEST(buffer, frees_once) {
  int freed = 0;
  { const host_buffer b = one_int(freed); }

  EXPECT_EQ(freed, 1);
}

TEST(buffer, moving_hands_over_the_memory) {
  int freed = 0;
  host_buffer a = one_int(freed);
  int* const data = a.data();

  const host_buffer b = std::move(a);

  EXPECT_EQ(b.data(), data);
  EXPECT_EQ(a.data(),
            nullptr);  // NOLINT(bugprone-use-after-move): the state after a move is defined
  EXPECT_EQ(a.size(), 0);
  EXPECT_EQ(freed, 0);
}

TEST(buffer, assignment_frees_what_was_held) {
  int first = 0;
  int second = 0;
  host_buffer a = one_int(first);

  a = one_int(second);

  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
}

TEST(buffer, assignment_to_itself_keeps_the_memory) {
  int freed = 0;
  host_buffer a = one_int(freed);
  host_buffer& same = a;

  a = std::move(same);

  EXPECT_EQ(*a.data(), 7);
  EXPECT_EQ(freed, 0);
}

TEST(buffer, empty_one_frees_nothing) {
  const host_buffer nothing;

  EXPECT_EQ(nothing.data(), nullptr);
  EXPECT_EQ(nothing.size(), 0);
}

TEST(tensor, refuses_shapes_that_cannot_exist) {
  backend be;
  constexpr index_t huge = index_t{1} << 33;
  const auto make = [&](const auto& shape) { tensor<backend, 2> t(be, shape); };

  EXPECT_THROW(make(extents<2>{-1, 3}), invalid_input);
  EXPECT_THROW(make(extents<2>{-1, -3}), invalid_input);
  EXPECT_THROW(make(extents<2>{huge, huge / 4}), invalid_input);       // 2^64 elements wrap to none
  EXPECT_THROW(make(extents<2>{index_t{1} << 62, 1}), invalid_input);  // 2^62 elements, 2^64 bytes
  EXPECT_THROW((tensor<backend, 3>(be, {0, huge, huge})), invalid_input);  // strides wrap
  EXPECT_THROW((void)be.allocate<float>(-1), invalid_input);
  EXPECT_THROW((void)be.allocate<float>(index_t{1} << 62), invalid_input);
}

TEST(tensor, memory_that_the_system_lacks_is_an_error_of_the_backend) {
  backend be;

  EXPECT_THROW((tensor<backend, 1>(be, {index_t{1} << 50})), backend_error);
}

TEST(tensor, has_the_shape_and_size_it_was_made_with) {
  backend be;
  const tensor<backend, 3> t(be, extents<3>{2, 3, 5});

  EXPECT_EQ(t.shape(), (extents<3>{2, 3, 5}));
  EXPECT_EQ(t.size(), 30);
  EXPECT_TRUE(t.view().dense());
}

TEST(tensor, a_default_one_is_empty) {
  const tensor<backend, 2> t;

  EXPECT_EQ(t.size(), 0);
  EXPECT_TRUE(t.view().empty());
}

TEST(tensor, const_tensors_give_const_views) {
  backend be;
  tensor<backend, 1, row_t> t(be, extents<1>{3});

  static_assert(std::is_same_v<decltype(t.view())::element_type, row_t>);
  static_assert(std::is_same_v<decltype(std::as_const(t).view())::element_type, const row_t>);
  EXPECT_EQ(std::as_const(t).view().data(), t.view().data());
}

TEST(tensor, a_scalar_holds_one_element) {
  backend be;
  const tensor<backend, 0> t(be, extents<0>{});

  EXPECT_EQ(t.size(), 1);
}

}  // namespace
}  // namespace flowkit
