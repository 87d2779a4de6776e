// The scratch arena: alignment, growth, merging, rewinding, poison.
#include <flowkit/backend/workspace.hpp>
#include <flowkit/backends/eigen.hpp>
#include <support/allocation.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace flowkit {
namespace {

using backend = eigen<float>;

/// What one step of an algorithm takes: more than the smallest block.
float* take_step(workspace<backend>& ws) {
  ws.rewind();
  auto a = ws.take(extents<2>{100, 300});
  auto b = ws.take(extents<1>{70000});
  b(69999) = a(99, 299) = 1;
  return b.data();
}

TEST(workspace, survives_shapes_that_cannot_exist) {
  backend be;
  workspace<backend> ws(be);
  const auto before = ws.take(extents<1>{3});

  EXPECT_THROW((void)ws.take(extents<1>{-5}), invalid_input);
  EXPECT_THROW((void)ws.take(extents<1>{index_t{1} << 61}), invalid_input);
  EXPECT_THROW((void)ws.take(extents<1>{index_t{1} << 50}), backend_error);
  EXPECT_THROW(workspace<backend>(be, -1), invalid_input);

  EXPECT_EQ(ws.take(extents<1>{3}).data(), before.data() + 16);  // 64 bytes further
}

TEST(workspace, scratch_is_aligned_and_does_not_overlap) {
  backend be;
  workspace<backend> ws(be);

  const auto a = ws.take(extents<1>{3});
  const auto b = ws.take<1, row_t>(extents<1>{5});
  const auto c = ws.take<1, double>(extents<1>{1});

  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.data()) % 64, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(c.data()) % 64, 0u);
  EXPECT_GE(reinterpret_cast<const char*>(b.data()), reinterpret_cast<const char*>(a.data() + 3));
  EXPECT_GE(reinterpret_cast<const char*>(c.data()), reinterpret_cast<const char*>(b.data() + 5));
}

TEST(workspace, views_stay_valid_while_it_grows) {
  backend be;
  workspace<backend> ws(be);
  auto first = ws.take(extents<1>{10});
  first(9) = 42;

  for (int i = 0; i < 20; ++i) be.fill(ws.take(extents<1>{20000}), 0);

  EXPECT_EQ(first(9), 42);
}

TEST(workspace, allocates_nothing_once_it_has_been_as_full) {
  backend be;
  workspace<backend> ws(be);
  take_step(ws);
  take_step(ws);

  const testing::allocation_counter allocations;
  for (int i = 0; i < 5; ++i) take_step(ws);

  EXPECT_EQ(allocations.count(), 0);
}

TEST(workspace, blocks_merge_into_one_that_holds_everything) {
  backend be;
  workspace<backend> ws(be);
  take_step(ws);
  const index_t grown = ws.capacity();

  ws.rewind();
  const auto all = ws.take(extents<1>{grown / static_cast<index_t>(sizeof(float))});

  EXPECT_EQ(ws.capacity(), grown);
  EXPECT_EQ(all.size(), grown / static_cast<index_t>(sizeof(float)));
}

TEST(workspace, capacity_given_at_construction_suffices) {
  backend be;
  workspace<backend> ws(be, 4000000);

  const testing::allocation_counter allocations;
  take_step(ws);

  EXPECT_EQ(allocations.count(), 0);
  EXPECT_GE(ws.capacity(), 4000000);
}

TEST(workspace, rewinding_to_a_mark_hands_out_the_same_memory) {
  backend be;
  workspace<backend> ws(be);
  const auto kept = ws.take(extents<1>{100});
  const auto mark = ws.position();
  const float* const first = ws.take(extents<1>{50}).data();

  ws.rewind(mark);

  EXPECT_EQ(ws.take(extents<1>{10}).data(), first);
  EXPECT_NE(kept.data(), first);
}

TEST(workspace, scratch_scope_rewinds_at_its_end) {
  backend be;
  workspace<backend> ws(be);
  const auto kept = ws.take(extents<1>{100});
  const float* inside = nullptr;
  {
    const scratch_scope scope(ws);
    inside = ws.take(extents<1>{50}).data();
  }

  EXPECT_EQ(ws.take(extents<1>{50}).data(), inside);
  EXPECT_NE(kept.data(), inside);
}

TEST(workspace, a_scope_across_blocks_rewinds_as_well) {
  backend be;
  workspace<backend> ws(be);
  auto kept = ws.take(extents<1>{100});
  kept(0) = 5;
  for (int step = 0; step < 3; ++step) {
    const scratch_scope scope(ws);
    for (int i = 0; i < 4; ++i) be.fill(ws.take(extents<1>{30000}), 1);
  }

  EXPECT_EQ(kept(0), 5);
}

TEST(workspace, empty_scratch_costs_nothing) {
  backend be;
  workspace<backend> ws(be);
  const auto before = ws.take(extents<1>{1});
  const auto none = ws.take(extents<2>{0, 7});
  const auto after = ws.take(extents<1>{1});

  EXPECT_TRUE(none.empty());
  EXPECT_EQ(after.data() - before.data(), 16);
}

TEST(workspace, rewinding_an_unused_one_is_allowed) {
  backend be;
  workspace<backend> ws(be);

  ws.rewind();
  ws.rewind(ws.position());

  EXPECT_EQ(ws.capacity(), 0);
}

#if FLOWKIT_CHECKS > 1
TEST(workspace, released_memory_holds_not_a_number) {
  backend be;
  workspace<backend> ws(be);
  auto kept = ws.take(extents<1>{4});
  be.fill(kept, 3);
  const auto mark = ws.position();
  be.fill(ws.take(extents<1>{100}), 1);

  ws.rewind(mark);

  const auto again = ws.take(extents<1>{100});
  EXPECT_TRUE(std::isnan(again(0)) && std::isnan(again(99)));
  EXPECT_EQ(kept(3), 3);
}
#endif

}  // namespace
}  // namespace flowkit
