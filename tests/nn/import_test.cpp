#include <flowkit/nn/import.hpp>

#include <flowkit/backends/eigen.hpp>
#include <flowkit/nn/conv_transpose1d.hpp>
#include <flowkit/nn/linear.hpp>
#include <support/files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <numeric>

namespace flowkit {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using testing::message_of;
using values = std::vector<double>;

/// Tensors in memory that stand for an open file.
class fake_file {
 public:
  /// Elements 0, 1, 2, ... unless given.
  void add(const std::string& name, const array_shape& shape, values elements = {}) {
    if (elements.empty()) {
      index_t size = 1;
      for (const index_t n : shape) size *= n;
      elements.resize(static_cast<std::size_t>(size));
      std::iota(elements.begin(), elements.end(), 0.0);
    }
    storage_.push_back(std::move(elements));
    const auto bytes = std::as_bytes(std::span<const double>(storage_.back()));
    tensors_.push_back({name, array_view(dtype::f64, shape, bytes)});
  }
  [[nodiscard]] std::span<const named_array_view> tensors() const { return tensors_; }

 private:
  std::deque<values> storage_;  // keeps addresses
  std::vector<named_array_view> tensors_;
};

/// One parameter "net.weight" of the given shape and one rule for it.
struct one_weight {
  one_weight(index_t rows, index_t columns, std::vector<index_t> taps) {
    layout.add("net.weight", extents{rows, columns}, initializer::zeros());
    map.add("w", "net.weight", std::move(taps));
  }
  [[nodiscard]] values imported(const fake_file& file) const {
    values out(static_cast<std::size_t>(layout.size()), -1);
    import_parameters<double>(file.tensors(), "file", map, layout, out);
    out.resize(static_cast<std::size_t>(layout.entries()[0].size()));
    return out;
  }
  [[nodiscard]] std::string error(const fake_file& file) const {
    return message_of<flowkit::error>([&] { (void)imported(file); });
  }

  parameter_layout layout;
  import_map map;
};

TEST(Import, TransposesALinearWeight) {
  const one_weight net(3, 2, {});
  fake_file file;
  file.add("w", {2, 3});

  const values w = net.imported(file);

  EXPECT_THAT(w, ElementsAreArray({0, 3, 1, 4, 2, 5}));
}

TEST(Import, PutsTheTapsOfAConvolutionFirst) {
  const one_weight net(2 * 3, 2, {2});  // 2 taps, 3 inputs, 2 outputs
  fake_file file;
  file.add("w", {2, 3, 2});  // element (o, i, k) holds 6 o + 2 i + k

  const values w = net.imported(file);

  EXPECT_THAT(w, ElementsAreArray({0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}));
}

TEST(Import, KeepsTheOrderOfTheTapsOfAnImageConvolution) {
  const one_weight net(2 * 3 * 1, 1, {2, 3});
  fake_file file;
  file.add("w", {1, 1, 2, 3});

  const values w = net.imported(file);

  EXPECT_THAT(w, ElementsAreArray({0, 1, 2, 3, 4, 5}));
}

// A transposed convolution of stride 1 on one step writes its taps one after the other, so the
// weights can be read off its output: y[k, o] = w[in][o][k].
TEST(Import, FitsTransposedConvolutions) {
  eigen<double> be;
  parameter_layout layout;
  const conv_transpose1d conv(layout, "net",
                              {.inputs = 2, .outputs = 3, .kernel = 4, .bias = bias_term::none});
  parameter_store<eigen<double>> store(be, layout, rng_key{1});
  workspace<eigen<double>> ws(be);
  fake_file file;
  file.add("w", {2, 3, 4});
  import_map map;
  map.add("w", "net.weight", {4});
  values flat(static_cast<std::size_t>(layout.size()));

  import_parameters<double>(file.tensors(), "file", map, layout, flat);
  be.upload(store.values(), std::span<const double>(flat));
  const values second_input{0, 1};
  conv_transpose1d::saved<eigen<double>> s;
  const auto y = conv.forward(be, store.view(), {second_input.data(), {1, 1, 2}}, ws, s);

  for (index_t k = 0; k < 4; ++k) {
    for (index_t o = 0; o < 3; ++o) {
      EXPECT_EQ(y(0, k, o), static_cast<double>(12 + 4 * o + k));
    }
  }
}

TEST(Import, CopiesVectorsAndConvertsTheirType) {
  parameter_layout layout;
  layout.add("bias", extents{3}, initializer::zeros());
  fake_file file;
  file.add("b", {3}, {0.5, -1, 2});
  import_map map;
  map.add("b", "bias");
  std::vector<float> flat(static_cast<std::size_t>(layout.size()));

  import_parameters<float>(file.tensors(), "file", map, layout, flat);

  EXPECT_EQ(std::vector<float>(flat.begin(), flat.begin() + 3), (std::vector<float>{0.5f, -1, 2}));
}

TEST(Import, LeavesOtherNetworksAlone) {
  parameter_layout layout;
  layout.add("a.bias", extents{16}, initializer::zeros());
  layout.add("b.bias", extents{16}, initializer::zeros());
  fake_file file;
  file.add("model.b.bias", {16});
  file.add("ema.b.bias", {16});
  import_map map;
  map.key_prefix = "model.";
  map.parameter_prefix = "b.";
  map.add("b.bias", "bias");
  values flat(32, -1);

  import_parameters<double>(file.tensors(), "file", map, layout, flat);

  EXPECT_THAT(std::span(flat).first(16), ::testing::Each(-1));
  EXPECT_EQ(flat[16], 0);
  EXPECT_EQ(flat[31], 15);
}

TEST(Import, NamesAMissingTensorAndItsParameter) {
  const one_weight net(3, 2, {});

  const std::string message = net.error(fake_file{});

  EXPECT_THAT(message, HasSubstr("file: has no tensor \"w\""));
  EXPECT_THAT(message, HasSubstr("net.weight"));
}

TEST(Import, NamesBothShapes) {
  const one_weight net(5 * 3, 2, {5});
  fake_file file;
  file.add("w", {2, 5, 3});  // as many elements, but kernel and inputs exchanged

  const std::string message = net.error(file);

  EXPECT_THAT(message, HasSubstr("\"w\" has the shape [2, 5, 3]"));
  EXPECT_THAT(message, HasSubstr("'net.weight' needs [2, 3, 5]"));
}

TEST(Import, RefusesATensorWithoutPlace) {
  const one_weight net(3, 2, {});
  fake_file file;
  file.add("w", {2, 3});
  file.add("extra\n", {7});

  const std::string message = net.error(file);

  EXPECT_THAT(message, HasSubstr("\"extra\\n\" of shape [7] has no place"));
}

TEST(Import, RefusesNonFiniteValues) {
  const one_weight net(1, 2, {});
  fake_file file;
  file.add("w", {2, 1}, {0, std::nan("")});

  const std::string message = net.error(file);

  EXPECT_THAT(message, HasSubstr("holds nan at element 1"));
}

TEST(Import, RefusesAParameterWithoutRule) {
  one_weight net(1, 2, {});
  net.layout.add("net.bias", extents{2}, initializer::zeros());
  fake_file file;
  file.add("w", {2, 1});

  const std::string message = net.error(file);

  EXPECT_THAT(message, HasSubstr("'net.bias' has no counterpart"));
}

TEST(Import, RefusesARuleWithoutParameter) {
  one_weight net(1, 2, {});
  net.map.add("b", "net.bias");
  fake_file file;
  file.add("w", {2, 1});
  file.add("b", {2});

  const std::string message = net.error(file);

  EXPECT_THAT(message, HasSubstr("no parameter 'net.bias'"));
}

TEST(Import, RefusesAKernelThatDoesNotFitTheParameter) {
  const one_weight net(7, 2, {2});
  fake_file file;
  file.add("w", {2, 3, 2});

  const std::string message = net.error(file);

  EXPECT_THAT(message, HasSubstr("'net.weight' of shape [7, 2] cannot hold a kernel of [2] taps"));
}

TEST(Import, ChecksConstantsThatAreThere) {
  one_weight net(1, 2, {});
  net.map.add_constant("temperature", 1.0);
  net.map.add_constant("grid");
  fake_file without;
  without.add("w", {2, 1});
  fake_file equal = without;
  equal.add("temperature", {1}, {1});
  equal.add("grid", {2}, {-1, 1});
  fake_file other = without;
  other.add("temperature", {1}, {0.5});

  EXPECT_NO_THROW((void)net.imported(without));
  EXPECT_NO_THROW((void)net.imported(equal));
  EXPECT_THAT(net.error(other), HasSubstr("\"temperature\" holds 0.5, but this network computes"));
}

TEST(Import, RefusesValuesOfAnotherLayout) {
  const one_weight net(1, 2, {});
  values flat(3);

  const std::string message = message_of<invalid_input>(
      [&] { import_parameters<double>(fake_file{}.tensors(), "file", net.map, net.layout, flat); });

  EXPECT_THAT(message, HasSubstr("import into 3 values, but the layout has 16"));
}

}  // namespace
}  // namespace flowkit
