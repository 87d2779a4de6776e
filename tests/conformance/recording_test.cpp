// Recorded operations leave the bits that the same operations leave on their own.
#include "conformance.hpp"

#include <flowkit/backend/replay.hpp>
#include <flowkit/backend/single_launch.hpp>
#include <flowkit/backend/workspace.hpp>

#include <support/unrecorded.hpp>

#include <stdexcept>

namespace flowkit::testing {
namespace {

/// Some operations of every kind from an input to an output, with memory of their own.
template <class B>
class sequence {
 public:
  using scalar = typename B::value_type;

  explicit sequence(B& be)
      : be_(&be),
        weights_(on_backend(be, random_array(extents<2>{3 * 8, 16}, 1))),
        scale_(on_backend(be, random_array(extents<1>{16}, 2))) {}

  void start() {
    set_input(0);
    be_->fill(products_.view(), scalar(0));
  }
  void set_input(std::uint64_t seed) { be_->normal(x_.view(), rng_key{seed}); }

  void run(scalar factor = scalar(1)) {
    be_->convolve({{1, 3}, {1, 1}, {0, 1}}, x_.view(), weights_.view(), scalar(0), y_.view());
    be_->group_norm(fn::unchanged{}, 4, scalar(1e-5), reshape(y_.view(), z_.shape()), scale_.view(),
                    scale_.view(), {}, z_.view(), mean_.view(), inverse_.view());
    be_->for_each(fn::scaled<scalar>{factor}, z_.view(), std::as_const(z_).view());
    be_->gemm(transpose::yes, transpose::no, factor, as_rows(z_.view()), as_rows(z_.view()),
              scalar(1), products_.view());
    be_->sum(fn::square{}, total_.view(), products_.view());
  }

  std::vector<double> results() {
    std::vector<double> out = on_host(*be_, z_).values;
    const std::vector<double> products = on_host(*be_, products_).values;
    out.insert(out.end(), products.begin(), products.end());
    out.push_back(on_host(*be_, total_).values[0]);
    return out;
  }

 private:
  B* be_;
  tensor<B, 2> weights_;
  tensor<B, 1> scale_;
  tensor<B, 4> x_{*be_, extents<4>{4, 1, 10, 8}};
  tensor<B, 4> y_{*be_, extents<4>{4, 1, 10, 16}};
  tensor<B, 3> z_{*be_, extents<3>{4, 10, 16}};
  tensor<B, 2> mean_{*be_, extents<2>{4, 4}};
  tensor<B, 2> inverse_{*be_, extents<2>{4, 4}};
  tensor<B, 2> products_{*be_, extents<2>{16, 16}};
  tensor<B, 0> total_{*be_, extents<0>{}};
};

template <class Case>
class recording_conformance : public conformance<Case> {
 protected:
  using tested = typename Case::backend;
  using compared = never_recorded<tested>;

  /// A sequence on this backend, and one on an object that does not record.
  sequence<tested> recorded_{this->backend_};
  compared plain_backend_{Case::make()};
  sequence<compared> plain_{plain_backend_};

  void SetUp() override {
    conformance<Case>::SetUp();
    if (!Case::available()) return;
    recorded_.start();
    plain_.start();
  }

  /// Calls of `launches()` that a backend makes of so many that could be launches.
  static index_t launched(index_t calls) { return RecordingBackend<tested> ? calls : 0; }
};

TYPED_TEST_SUITE(recording_conformance, backend_cases, backend_case_names);

// The product is added to what is there, so a call too many or too few shows.
TYPED_TEST(recording_conformance, a_replay_follows_its_inputs) {
  replay<typename TestFixture::tested> again(this->backend_);
  for (std::uint64_t call = 0; call < 6; ++call) {
    this->recorded_.set_input(call);
    this->plain_.set_input(call);

    again([&] { this->recorded_.run(); });
    this->plain_.run();

    ASSERT_EQ(this->recorded_.results(), this->plain_.results()) << call;
  }
  EXPECT_GE(again.launches(), this->launched(3));
  EXPECT_LE(again.launches(), this->launched(4));
}

TYPED_TEST(recording_conformance, a_single_launch_follows_numbers_of_the_host) {
  using scalar = typename TestFixture::tested::value_type;
  single_launch<typename TestFixture::tested> launch(this->backend_);
  for (std::uint64_t call = 0; call < 6; ++call) {
    const auto factor = static_cast<scalar>(0.5 + 0.1 * static_cast<double>(call));

    launch([&] {
      this->recorded_.set_input(call);
      this->recorded_.run(factor);
    });
    this->plain_.set_input(call);
    this->plain_.run(factor);

    ASSERT_EQ(this->recorded_.results(), this->plain_.results()) << call;
  }
  EXPECT_GE(launch.launches(), this->launched(3));
}

// Other operations than before make another launch, not a wrong one.
TYPED_TEST(recording_conformance, a_single_launch_follows_other_operations) {
  single_launch<typename TestFixture::tested> launch(this->backend_);
  for (std::uint64_t call = 0; call < 6; ++call) {
    const auto work = [&](auto& s) {
      s.set_input(call);
      for (std::uint64_t i = 0; i <= call % 3; ++i) s.run();
    };

    launch([&] { work(this->recorded_); });
    work(this->plain_);

    ASSERT_EQ(this->recorded_.results(), this->plain_.results()) << call;
  }
  EXPECT_GE(launch.launches(), this->launched(3));
}

TYPED_TEST(recording_conformance, what_cannot_be_recorded_runs_in_its_place) {
  using B = typename TestFixture::tested;
  single_launch<B> launch(this->backend_);
  const auto settle = [&](auto& s) { s.run(); };
  for (int call = 0; call < 3; ++call) {
    launch([&] { settle(this->recorded_); });
    settle(this->plain_);
  }
  const index_t launches = launch.launches();
  ASSERT_GE(launches, this->launched(1));
  std::vector<double> between;

  launch([&] {
    this->recorded_.run();
    between = this->recorded_.results();  // downloads
    this->recorded_.run();
  });
  this->plain_.run();

  EXPECT_EQ(between, this->plain_.results());
  this->plain_.run();
  EXPECT_EQ(this->recorded_.results(), this->plain_.results());
  EXPECT_EQ(launch.launches(), launches);
}

TYPED_TEST(recording_conformance, memory_that_comes_and_goes_changes_nothing) {
  using B = typename TestFixture::tested;
  single_launch<B> launch(this->backend_);
  replay<B> again(this->backend_);
  for (int call = 0; call < 8; ++call) {
    const auto work = [&](auto& be, auto& s) {
      s.run();
      if (call == 5) {
        auto copy = nan_tensor(be, extents<1>{100});
        be.fill(copy.view(), typename B::value_type(call));
      }
      s.run();
    };

    launch([&] { work(this->backend_, this->recorded_); });
    again([&] { this->recorded_.run(); });
    work(this->plain_backend_, this->plain_);
    this->plain_.run();

    ASSERT_EQ(this->recorded_.results(), this->plain_.results()) << call;
  }
  EXPECT_GE(launch.launches(), this->launched(3));
  EXPECT_GE(again.launches(), this->launched(3));
}

// What stands before an exception has happened, as without a recording.
TYPED_TEST(recording_conformance, an_exception_leaves_what_was_done_and_a_usable_object) {
  single_launch<typename TestFixture::tested> launch(this->backend_);
  const auto fails = [&](auto& s) {
    s.run();
    throw std::runtime_error("on purpose");
  };
  for (int call = 0; call < 4; ++call) {
    EXPECT_THROW(launch([&] { fails(this->recorded_); }), std::runtime_error);
    EXPECT_THROW(fails(this->plain_), std::runtime_error);
    launch([&] { this->recorded_.run(); });
    this->plain_.run();

    ASSERT_EQ(this->recorded_.results(), this->plain_.results()) << call;
  }
}

TYPED_TEST(recording_conformance, a_replay_that_meets_the_host_is_refused) {
  using B = typename TestFixture::tested;
  replay<B> again(this->backend_);
  const auto meet = [&] { (void)this->recorded_.results(); };
  if constexpr (RecordingBackend<B>) {
    EXPECT_THROW(again(meet), backend_error);
    EXPECT_THROW(again([&] { this->backend_.synchronize(); }), backend_error);
  } else {
    EXPECT_NO_THROW(again(meet));
  }

  for (int call = 0; call < 3; ++call) {
    again([&] { this->recorded_.run(); });
    this->plain_.run();
  }
  EXPECT_EQ(this->recorded_.results(), this->plain_.results());
}

TYPED_TEST(recording_conformance, recordings_in_recordings_are_one) {
  using B = typename TestFixture::tested;
  single_launch<B> outer(this->backend_);
  single_launch<B> inner(this->backend_);
  replay<B> again(this->backend_);
  for (int call = 0; call < 4; ++call) {
    outer([&] {
      inner([&] { this->recorded_.run(); });
      again([&] { this->recorded_.run(); });
    });
    this->plain_.run();
    this->plain_.run();

    ASSERT_EQ(this->recorded_.results(), this->plain_.results()) << call;
  }
  EXPECT_GE(outer.launches(), this->launched(1));
}

// A workspace that grows moves; a recording of it is not launched again.
TYPED_TEST(recording_conformance, a_replay_survives_scratch_that_moves) {
  using B = typename TestFixture::tested;
  using scalar = typename B::value_type;
  workspace<B> scratch(this->backend_);
  tensor<B, 1> out(this->backend_, extents<1>{1000});
  replay<B> again(this->backend_);
  int calls = 0;
  const auto work = [&] {
    ++calls;
    scratch.rewind();
    const view_of<B, 1> y = scratch.take(extents<1>{1000});
    this->backend_.fill(y, scalar(2));
    this->backend_.copy(out.view(), y);
  };
  for (int call = 0; call < 10; ++call) {
    this->backend_.fill(out.view(), scalar(0));
    if (call == 5 || call == 6) {
      scratch.rewind();
      (void)scratch.take(extents<1>{1000000});  // a second block, then one block instead of both
    }

    const int before = calls;
    again(work);

    if (call == 6) {
      EXPECT_EQ(calls, before + 1);
    }
    ASSERT_EQ(on_host(this->backend_, out).values, std::vector<double>(1000, 2)) << call;
  }
  EXPECT_GE(again.launches(), this->launched(5));
}

}  // namespace
}  // namespace flowkit::testing
