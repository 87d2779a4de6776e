#include <flowkit/policy/receding_horizon.hpp>

#include "policy/example_policy.hpp"
#include "support/device/executor.hpp"
#include "support/unrecorded.hpp"

#include <gtest/gtest.h>

namespace flowkit::policy {
namespace {

using flowkit::testing::executed_cuda;
using flowkit::testing::unrecorded;
using testing::example_policy;
using plain_cuda = unrecorded<executed_cuda>;

/// A sampler on a backend with its conditions and a batch of two chunks.
template <class B>
struct sampling {
  explicit sampling(B&& backend) : be(std::move(backend)) {}

  /// The chunks that noise number `call` becomes.
  std::vector<float> sample(const inference_options& o, std::uint64_t call) {
    be.normal(conditions.view(), rng_key{call, 1});
    be.normal(x.view(), rng_key{call, 2});
    sampler(be, o, x.view());
    std::vector<float> out(static_cast<std::size_t>(x.size()));
    be.download(std::span<float>(out), flatten(std::as_const(x).view()));
    return out;
  }

  B be;
  visuomotor_policy<B> policy = example_policy(be);
  tensor<B, 2> conditions{be, {2, policy.field().condition_size()}};
  tensor<B, 2> x{be, {2, policy.specification().chunk_size()}};
  chunk_sampler<B> sampler{be, policy.field().velocity(), policy.weights(weight_set::average),
                           std::as_const(conditions).view()};
};

// Noise and conditions change between calls, the place where they lie does not.
TEST(chunk_sampler, recorded_euler_steps_have_the_bits_of_plain_ones) {
  for (const index_t steps : {1, 3}) {
    sampling<executed_cuda> recorded(executed_cuda{});
    sampling<plain_cuda> plain(plain_cuda(executed_cuda{}));
    for (std::uint64_t call = 0; call < 6; ++call) {
      const inference_options o{.steps = steps};

      ASSERT_EQ(recorded.sample(o, call), plain.sample(o, call)) << call;
    }
    EXPECT_GE(recorded.sampler.launches(), 2);
    EXPECT_EQ(plain.sampler.launches(), 0);
  }
}

TEST(chunk_sampler, another_setting_is_not_the_recording_of_the_last_one) {
  sampling<executed_cuda> recorded(executed_cuda{});
  sampling<plain_cuda> plain(plain_cuda(executed_cuda{}));
  const inference_options settings[] = {
      {.steps = 1}, {.steps = 2}, {.steps = 2, .epsilon = 0.01}, {.steps = 1}};
  for (const inference_options& o : settings) {
    for (std::uint64_t call = 0; call < 5; ++call) {
      ASSERT_EQ(recorded.sample(o, call), plain.sample(o, call)) << o.steps << ", call " << call;
    }
  }
  EXPECT_GE(recorded.sampler.launches(), 6);
}

TEST(chunk_sampler, another_place_is_not_the_recording_of_the_last_one) {
  sampling<executed_cuda> recorded(executed_cuda{});
  sampling<plain_cuda> plain(plain_cuda(executed_cuda{}));
  const auto two_places = []<class B>(sampling<B>& s) {
    tensor<B, 2> other(s.be, s.x.shape());
    std::vector<float> all;
    for (std::uint64_t call = 0; call < 8; ++call) {
      tensor<B, 2>& x = call / 4 == 0 ? s.x : other;
      s.be.normal(s.conditions.view(), rng_key{call, 1});
      s.be.normal(x.view(), rng_key{call, 2});
      s.sampler(s.be, {.steps = 2}, x.view());
      std::vector<float> out(static_cast<std::size_t>(x.size()));
      s.be.download(std::span<float>(out), flatten(std::as_const(x).view()));
      all.insert(all.end(), out.begin(), out.end());
    }
    return all;
  };
  const std::vector<float> expected = two_places(plain);

  EXPECT_EQ(two_places(recorded), expected);
  EXPECT_GE(recorded.sampler.launches(), 2);
}

/// The predicted actions of some control steps, all of which were one launch if `launched`.
template <class B>
std::vector<float> acted(B&& be, bool launched) {
  const auto p = example_policy(be);
  receding_horizon<B> robot(be, p, {.seed = 3});
  robot.warm_up();
  const index_t before = robot.launches();
  std::vector<float> out;
  for (int step = 0; step < 4; ++step) {
    robot.observe(testing::seen({0.1F * static_cast<float>(step), -0.2F, 0.3F}));
    const auto plan = robot.act().predicted.numbers();
    out.insert(out.end(), plan.data(), plan.data() + plan.size());
  }
  EXPECT_EQ(robot.launches() - before, launched ? 4 : 0);
  return out;
}

TEST(receding_horizon, acts_alike_with_recordings_and_without) {
  EXPECT_EQ(acted(executed_cuda{}, true), acted(plain_cuda(executed_cuda{}), false));
}

}  // namespace
}  // namespace flowkit::policy
