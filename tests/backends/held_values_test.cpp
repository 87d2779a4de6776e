// Weights that are held: every lowering of every host backend gives the bits that it gives without.
#include <support/backends.hpp>

#include <flowkit/backend/hold.hpp>
#include <flowkit/core/text.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace flowkit::testing {
namespace {

static_assert(HoldingBackend<eigen<float>> && HoldingBackend<eigen<double>>);
#if defined(FLOWKIT_HAS_ONEDNN)
static_assert(HoldingBackend<onednn>);
#endif
static_assert(!HoldingBackend<executed_cuda>);

template <class B>
using matrix_of = const_view_of<B, 2>;

/// What reads weights.
template <class B>
struct operation {
  std::string name;
  extents<2> weights;
  std::function<std::vector<typename B::value_type>(B&, matrix_of<B>)> run;
};

template <class B, std::size_t R>
std::vector<typename B::value_type> numbers(B& be, const tensor<B, R>& y) {
  std::vector<typename B::value_type> out(static_cast<std::size_t>(y.size()));
  be.download(std::span<typename B::value_type>(out), flatten(y.view()));
  return out;
}

template <class B, std::size_t R>
tensor<B, R> random_tensor(B& be, const extents<R>& shape, std::uint64_t seed) {
  tensor<B, R> x(be, shape);
  be.normal(x.view(), {seed});
  return x;
}

/// A product of m rows with weights of k x n, which may be stored transposed.
template <class B>
operation<B> product_with(index_t m, index_t n, index_t k, transpose tb) {
  using T = typename B::value_type;
  return {text("product of ", m, " rows, transposed ", tb == transpose::yes),
          tb == transpose::no ? extents<2>{k, n} : extents<2>{n, k}, [=](B& be, matrix_of<B> w) {
            const auto a = random_tensor(be, extents<2>{m, k}, 2);
            auto c = random_tensor(be, extents<2>{m, n}, 3);
            be.gemm(transpose::no, tb, T(1), a.view(), w, T(1), c.view());
            return numbers(be, c);
          }};
}

/// The same with the weights on the left.
template <class B>
operation<B> product_of(index_t m, index_t n, index_t k, transpose ta) {
  using T = typename B::value_type;
  return {text("product with ", n, " columns, transposed ", ta == transpose::yes),
          ta == transpose::no ? extents<2>{m, k} : extents<2>{k, m}, [=](B& be, matrix_of<B> w) {
            const auto b = random_tensor(be, extents<2>{k, n}, 2);
            tensor<B, 2> c(be, {m, n});
            be.gemm(ta, transpose::no, T(1), w, b.view(), T(0), c.view());
            return numbers(be, c);
          }};
}

/// The passes of a convolution that read weights.
template <class B>
void add_convolution(std::vector<operation<B>>& all, const std::string& name,
                     const convolution_geometry& g, const extents<4>& image, index_t outputs) {
  using T = typename B::value_type;
  const extents<2> weights{g.taps() * image[3], outputs};
  const extents<4> results = g.output(image, outputs);
  all.push_back({name + ", forward", weights, [=](B& be, matrix_of<B> w) {
                   const auto x = random_tensor(be, image, 2);
                   tensor<B, 4> y(be, results);
                   be.convolve(g, x.view(), w, T(0), y.view());
                   return numbers(be, y);
                 }});
  all.push_back({name + ", data", weights, [=](B& be, matrix_of<B> w) {
                   const auto dy = random_tensor(be, results, 2);
                   auto dx = random_tensor(be, image, 3);
                   be.convolve_backward_data(g, dy.view(), w, T(1), dx.view());
                   return numbers(be, dx);
                 }});
}

template <class B>
std::vector<operation<B>> operations() {
  std::vector<operation<B>> all;
  for (const transpose t : {transpose::no, transpose::yes}) {
    for (const index_t m : {1, 3, 9, 41, 203}) all.push_back(product_with<B>(m, 331, 603, t));
    all.push_back(product_with<B>(5, 33, 17, t));
    all.push_back(product_of<B>(331, 45, 203, t));
  }
  const convolution_geometry three{{1, 3}, {1, 1}, {0, 1}};
  const convolution_geometry strided{{1, 3}, {1, 2}, {0, 1}};
  const convolution_geometry five{{1, 5}, {1, 1}, {0, 2}};
  const convolution_geometry block{{3, 3}, {1, 1}, {1, 1}};
  add_convolution(all, "few steps", five, {1, 1, 4, 130}, 201);
  add_convolution(all, "steps", five, {3, 1, 16, 70}, 150);
  add_convolution(all, "many steps", five, {16, 1, 16, 32}, 48);
  add_convolution(all, "three taps", three, {9, 1, 16, 65}, 131);
  add_convolution(all, "strided steps", strided, {5, 1, 9, 64}, 129);
  add_convolution(all, "one tap", {}, {2, 5, 5, 70}, 90);
  add_convolution(all, "few pixels", block, {1, 3, 3, 70}, 210);
  add_convolution(all, "pixels", block, {2, 8, 8, 33}, 47);
  add_convolution(all, "many pixels", block, {17, 8, 8, 16}, 48);
  add_convolution(all, "short lines", block, {33, 3, 3, 20}, 64);
  return all;
}

/// Parameters that hold the weights of an operation between others.
template <class B>
struct parameters_around {
  static constexpr index_t before = 7;

  parameters_around(B& be, const operation<B>& o)
      : shape(o.weights), all(random_tensor(be, extents<1>{before + size_of(shape) + 5}, 1)) {}

  [[nodiscard]] matrix_of<B> weights() const { return {all.view().data() + before, shape}; }
  [[nodiscard]] const_view_of<B, 1> values() const { return all.view(); }
  /// The weights without their last number.
  [[nodiscard]] const_view_of<B, 1> most() const {
    return {all.view().data() + before, extents<1>{size_of(shape) - 1}};
  }

  extents<2> shape;
  tensor<B, 1> all;
};

template <class Case>
class HeldValues : public ::testing::Test {
 protected:
  void SetUp() override {
    // A case may ask for instructions that this processor lacks.
    if (!Case::available()) GTEST_SKIP() << Case::name() << " needs another processor";
  }
};

#if defined(FLOWKIT_HAS_ONEDNN)
using host_cases =
    ::testing::Types<eigen_case<float, instruction_set::base>,
                     eigen_case<float, instruction_set::v3>, eigen_case<float, instruction_set::v4>,
                     eigen_case<double, instruction_set::v4>,
                     onednn_case<precision::f32, onednn_route::by_size>,
                     onednn_case<precision::f32, onednn_route::all>,
                     onednn_case<precision::bf16, onednn_route::by_size>,
                     onednn_case<precision::bf16, onednn_route::all>,
                     onednn_case<precision::bf16, onednn_route::emulated>>;
#else
using host_cases =
    ::testing::Types<eigen_case<float, instruction_set::base>,
                     eigen_case<float, instruction_set::v3>, eigen_case<float, instruction_set::v4>,
                     eigen_case<double, instruction_set::v4>>;
#endif
TYPED_TEST_SUITE(HeldValues, host_cases, backend_case_names);

TYPED_TEST(HeldValues, GiveTheSameBits) {
  using B = typename TypeParam::backend;
  for (const int threads : {1, 2}) {
    B plain = TypeParam::make(threads);
    B be = TypeParam::make(threads);
    for (const operation<B>& o : operations<B>()) {
      SCOPED_TRACE(text(o.name, " on ", threads, " threads"));
      const parameters_around<B> p(be, o);
      const auto expected = o.run(plain, p.weights());
      const auto held = hold(be, p.values());
      EXPECT_EQ(o.run(be, p.weights()), expected) << "where copies are made";
      EXPECT_EQ(o.run(be, p.weights()), expected) << "where copies are used";
    }
  }
}

TYPED_TEST(HeldValues, AreFreedAtTheEndAndReadAnewAfterwards) {
  using B = typename TypeParam::backend;
  B plain = TypeParam::make();
  B be = TypeParam::make();
  index_t copies = 0;
  for (const operation<B>& o : operations<B>()) {
    SCOPED_TRACE(o.name);
    parameters_around<B> p(be, o);
    {
      const auto held = hold(be, p.values());
      o.run(be, p.weights());
      copies += be.held_bytes() > 0 ? 1 : 0;
    }
    EXPECT_EQ(be.held_bytes(), 0);
    be.normal(p.all.view(), {5});
    EXPECT_EQ(o.run(be, p.weights()), o.run(plain, p.weights()));
    const auto held = hold(be, p.values());
    EXPECT_EQ(o.run(be, p.weights()), o.run(plain, p.weights()));
  }
  EXPECT_GT(copies, 2);
}

/// An operation that keeps a copy on all backends.
template <class B>
operation<B> keeping_product() {
  return product_with<B>(5, 603, 331, transpose::no);
}

TYPED_TEST(HeldValues, ArePromisedForAllOfAMatrixOrNot) {
  using B = typename TypeParam::backend;
  B be = TypeParam::make();
  for (const operation<B>& o : operations<B>()) {
    const parameters_around<B> p(be, o);
    const auto most = hold(be, p.most());
    o.run(be, p.weights());
    EXPECT_EQ(be.held_bytes(), 0) << o.name;
  }
}

TYPED_TEST(HeldValues, OfTwoGuardsStayUntilTheSecondOneEnds) {
  using B = typename TypeParam::backend;
  B be = TypeParam::make();
  // Of f32 products that all run in oneDNN nothing is kept.
  const auto o =
      TypeParam::name() == "onednn_f32_all" ? operations<B>().back() : keeping_product<B>();
  const parameters_around<B> p(be, o);
  const const_view_of<B, 1> weights_alone = flatten(p.weights());
  std::optional<held_by<B>> outer(hold(be, p.values()));
  std::optional<held_by<B>> same(hold(be, p.values()));
  std::optional<held_by<B>> inner(hold(be, weights_alone));
  const auto expected = o.run(be, p.weights());
  const index_t bytes = be.held_bytes();
  ASSERT_GT(bytes, 0);

  outer.reset();
  EXPECT_EQ(be.held_bytes(), bytes);
  same.reset();
  EXPECT_EQ(be.held_bytes(), bytes);
  EXPECT_EQ(o.run(be, p.weights()), expected);
  inner.reset();
  EXPECT_EQ(be.held_bytes(), 0);
}

TYPED_TEST(HeldValues, FollowTheirBackend) {
  using B = typename TypeParam::backend;
  std::optional<B> first(TypeParam::make());
  const auto o =
      TypeParam::name() == "onednn_f32_all" ? operations<B>().back() : keeping_product<B>();
  const parameters_around<B> p(*first, o);
  held_by<B> held = hold(*first, p.values());
  const auto expected = o.run(*first, p.weights());
  const index_t bytes = first->held_bytes();
  ASSERT_GT(bytes, 0);

  std::optional<B> second(std::move(*first));
  first.reset();
  EXPECT_EQ(second->held_bytes(), bytes);
  EXPECT_EQ(o.run(*second, p.weights()), expected);
  EXPECT_EQ(second->held_bytes(), bytes);

  std::optional<held_by<B>> moved(std::move(held));
  EXPECT_EQ(second->held_bytes(), bytes);
  held = hold(*second, p.values());
  *moved = std::move(held);
  EXPECT_EQ(second->held_bytes(), bytes);
  moved.reset();
  EXPECT_EQ(second->held_bytes(), 0);

  held = hold(*second, p.values());
  second.reset();  // the guard outlives it, to no effect
}

#if FLOWKIT_CHECKS > 0
TEST(HeldValuesDeathTest, ThatChangeAreAnErrorOfTheCaller) {
  eigen<float> be({.threads = 1});
  tensor<eigen<float>, 1> p(be, {64});
  be.fill(p.view(), 1.0F);
  const auto change_held = [&] {
    const auto held = hold(be, p.view());
    p.view()(7) = 2;
  };
  EXPECT_DEATH(change_held(), "precondition");
}
#endif

}  // namespace
}  // namespace flowkit::testing
