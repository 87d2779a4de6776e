#include <flowkit/io/sha256.hpp>

#include "policy/example_policy.hpp"
#include "support/files.hpp"

#include <gmock/gmock.h>

#include <random>

namespace flowkit::policy {
namespace {

using flowkit::testing::message_of;
using flowkit::testing::read_text;
using flowkit::testing::temporary_directory;
using flowkit::testing::write_raw;
using testing::example_manifest;
using testing::example_policy;
using testing::example_spec;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using backend = eigen<float>;

std::vector<float> numbers_of(backend& be, const visuomotor_policy<backend>& p, weight_set set) {
  std::vector<float> out(static_cast<std::size_t>(p.values(set).size()));
  be.download(std::span<float>(out), p.values(set));
  return out;
}

/// A policy whose two weight sets differ and whose manifest has nothing at its default.
visuomotor_policy<backend> rich_policy(backend& be) {
  policy_manifest m = example_manifest(example_spec(true));
  m.method = "sefa";
  m.inference = {.solver = inference_solver::dormand_prince,
                 .steps = 3,
                 .tolerance = 1e-4,
                 .epsilon = 2e-3,
                 .weights = weight_set::raw};
  m.origin.parents["couplings"] = sha256_of({});
  m.origin.seeds["training"] = 0xFFFF'FFFF'FFFF'FFFFU;
  m.origin.thresholds["action"] = 0.1;
  m.origin.backend = "onednn bf16";
  m.origin.split = {.of = 50, .validation = 0.1, .episodes = 7, .seed = 1ULL << 60};
  const visuomotor_field field(m.specification, m.network);
  parameter_store<backend> raw(be, field.layout(), rng_key{1});
  parameter_store<backend> average(be, field.layout(), rng_key{2});
  return {be, m, raw.values(), average.values()};
}

TEST(policy_file, round_trip_is_bit_exact) {
  const temporary_directory folder;
  backend be;
  const visuomotor_policy<backend> p = rich_policy(be);

  save_policy(be, folder / "p.safetensors", p);
  const visuomotor_policy<backend> q = load_policy(be, folder / "p.safetensors");
  save_policy(be, folder / "q.safetensors", q);

  EXPECT_EQ(sha256_of_file(folder / "p.safetensors"), sha256_of_file(folder / "q.safetensors"));
  EXPECT_EQ(numbers_of(be, p, weight_set::raw), numbers_of(be, q, weight_set::raw));
  EXPECT_EQ(numbers_of(be, p, weight_set::average), numbers_of(be, q, weight_set::average));
  EXPECT_NE(numbers_of(be, q, weight_set::raw), numbers_of(be, q, weight_set::average));
  const policy_manifest& a = p.manifest();
  const policy_manifest& b = q.manifest();
  EXPECT_EQ(a.specification, b.specification);
  EXPECT_EQ(a.network, b.network);
  EXPECT_EQ(a.normalizers.action.statistics(), b.normalizers.action.statistics());
  EXPECT_EQ(a.normalizers.state.statistics(), b.normalizers.state.statistics());
  EXPECT_EQ(a.normalizers.action.options(), b.normalizers.action.options());
  EXPECT_EQ(a.normalizers.state.options(), b.normalizers.state.options());
  EXPECT_EQ(a.method, b.method);
  EXPECT_EQ(a.inference, b.inference);
  EXPECT_EQ(a.origin.parents, b.origin.parents);
  EXPECT_EQ(a.origin.seeds, b.origin.seeds);
  EXPECT_EQ(a.origin.thresholds, b.origin.thresholds);
  EXPECT_EQ(a.origin.backend, b.origin.backend);
  EXPECT_EQ(a.origin.split, b.origin.split);
  EXPECT_EQ(b.origin.version, library_version());
  EXPECT_EQ(folder.count(), 2) << "a temporary file was left";
}

TEST(policy_file, converts_precision) {
  const temporary_directory folder;
  backend be;
  eigen<double> precise;
  const visuomotor_policy<backend> p = example_policy(be);
  save_policy(be, folder / "p.safetensors", p);

  const auto q = load_policy(precise, folder / "p.safetensors");

  const std::vector<float> single = numbers_of(be, p, weight_set::average);
  std::vector<double> converted(single.size());
  precise.download(std::span<double>(converted), q.values(weight_set::average));
  EXPECT_EQ(converted, std::vector<double>(single.begin(), single.end()));
}

/// A file made of the parts of another, one of which was changed.
struct edited_file {
  explicit edited_file(const std::string& path) : original(path) {
    for (const named_array_view& t : original.tensors()) tensors.push_back(t);
    document = parse_json(original.metadata("policy"));
  }
  void write(const std::string& path) const {
    write_safetensors(path, tensors, {{"policy", to_json(document)}});
  }
  /// The member of an object inside the document, replaced.
  void set(const std::string& part, const std::string& name, json_value value) {
    json_value inner = document.at(part);
    inner.set(name, std::move(value));
    document.set(part, std::move(inner));
  }
  named_array_view& tensor(const std::string& name) {
    return *std::find_if(tensors.begin(), tensors.end(),
                         [&](const auto& t) { return t.name == name; });
  }

  safetensors_file original;
  std::vector<named_array_view> tensors;
  json_value document;
};

struct damage {
  const char* name;
  std::function<void(edited_file&)> make;
  const char* message;
};

class damaged_policy : public ::testing::TestWithParam<damage> {};

TEST_P(damaged_policy, is_refused_with_file_and_field) {
  const temporary_directory folder;
  backend be;
  save_policy(be, folder / "good", example_policy(be, true));
  edited_file file(folder / "good");
  GetParam().make(file);
  file.write(folder / "bad");

  const std::string message =
      message_of<file_error>([&] { (void)load_policy(be, folder / "bad"); });

  EXPECT_THAT(message, StartsWith((folder / "bad") + ": "));
  EXPECT_THAT(message, HasSubstr(GetParam().message));
}

const float not_a_number[] = {NAN, NAN};
const double too_few[] = {1};
const damage damages[] = {
    {"horizon", [](edited_file& f) { f.set("spec", "horizon", 7); }, "a horizon of 7 actions"},
    {"missing_field", [](edited_file& f) { f.document.set("spec", json_object{}); },
     "spec.horizon is missing"},
    {"other_format", [](edited_file& f) { f.document.set("format", "flowkit-policy-9"); },
     "format is 'flowkit-policy-9'"},
    {"other_network",
     [](edited_file& f) {
       f.set("network", "dims", json_array{16, 64});
     },
     "but the network of the manifest has"},
    {"huge_network",
     [](edited_file& f) {
       f.set("network", "dims", json_array{8192, 8192});
     },
     "but the network of the manifest has"},
    {"absurd_network", [](edited_file& f) { f.set("network", "dims", json_array{1 << 30}); },
     "network.dims[0] is 1073741824"},
    {"time_scale", [](edited_file& f) { f.set("network", "time_scale", 100); },
     "network.time_scale is 100"},
    {"fewer_states",
     [](edited_file& f) {
       f.set("spec", "state", json_array{"a", "b"});
     },
     "statistics of 3 state dimensions do not fit a spec that names 2"},
    {"no_statistics",
     [](edited_file& f) { f.tensors.erase(f.tensors.begin(), f.tensors.begin() + 8); },
     "is missing"},
    {"short_statistics",
     [](edited_file& f) { f.tensor("statistics/action/mean").value = as_array(too_few, {1}); },
     "give one of each per dimension"},
    {"extra_tensor",
     [](edited_file& f) {
       f.tensors.push_back({"stranger", as_array(too_few, {1})});
     },
     "tensors, but"},
    {"weights_not_finite",
     [](edited_file& f) {
       f.tensor("raw/velocity.output.bias").value = as_array(not_a_number, {2});
     },
     "tensor 'raw/velocity.output.bias' holds numbers that are not finite"},
    {"solver", [](edited_file& f) { f.set("inference", "solver", "magic"); },
     "inference.solver is 'magic'"},
    {"steps", [](edited_file& f) { f.set("inference", "steps", -1); }, "inference.steps is -1"},
    {"seed",
     [](edited_file& f) {
       f.set("provenance", "seeds", json_object{{"a", "-3"}});
     },
     "provenance.seeds.a is '-3', not a seed"}};

INSTANTIATE_TEST_SUITE_P(policy_file, damaged_policy, ::testing::ValuesIn(damages),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(policy_file, other_files_are_no_policies) {
  const temporary_directory folder;
  write_raw(folder / "text", "hello");
  write_safetensors(folder / "empty", {});

  EXPECT_THROW(policy_file(folder / "missing"), file_error);
  EXPECT_THROW(policy_file(folder / "text"), file_error);
  EXPECT_THAT(message_of<file_error>([&] { policy_file(folder / "empty"); }),
              HasSubstr("metadata 'policy' is missing"));
}

TEST(policy_file, a_failed_write_leaves_the_old_file) {
  const temporary_directory folder;
  backend be;
  save_policy(be, folder / "p", example_policy(be));
  const std::string before = read_text(folder / "p");
  policy_manifest m = example_manifest(example_spec());
  m.method.clear();
  const visuomotor_field field(m.specification, m.network);
  const std::vector<float> flat(static_cast<std::size_t>(field.layout().size()));

  EXPECT_THROW(write_policy_file<float>(folder / "p", m, field.layout(), flat, flat),
               invalid_input);
  EXPECT_EQ(read_text(folder / "p"), before);
}

// Programs name folders after methods, and files come from outside.
TEST(policy_file, methods_cannot_be_paths) {
  policy_manifest m = example_manifest(example_spec());
  using namespace std::string_literals;
  for (const std::string& name :
       {""s, "../base"s, "a/b"s, ".."s, "base\0"s, std::string(65, 'a')}) {
    m.method = name;
    EXPECT_THAT(message_of<invalid_input>([&] { validate(m); }), HasSubstr("method is called"));
  }
  m.method = "sefa-2.r1_b";
  EXPECT_NO_THROW(validate(m));
}

/// Everything a loader does with bytes.
void load_bytes(std::string_view bytes) {
  const policy_file file(flowkit::detail::bytes_of(bytes), "mutant");
  const visuomotor_field field(file.manifest().specification, file.manifest().network);
  std::vector<float> flat(static_cast<std::size_t>(field.layout().size()));
  file.read_weights<float>(weight_set::raw, field.layout(), flat);
  file.read_weights<float>(weight_set::average, field.layout(), flat);
}

// The header is a few per cent of the file: most changes aim at it, where they matter.
TEST(policy_file, mutants_load_or_are_refused) {
  const temporary_directory folder;
  backend be;
  save_policy(be, folder / "p", example_policy(be));
  const std::string valid = read_text(folder / "p");
  const auto header =
      flowkit::detail::load_little<std::uint64_t>(flowkit::detail::bytes_of(valid), 0) + 8;
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same mutants in every run
  constexpr int trials = 1500;

  int refused = 0;
  for (int i = 0; i < trials; ++i) {
    std::string mutant = valid;
    const std::size_t range = i % 4 == 0 ? mutant.size() : header;
    for (std::size_t k = 0; k < 1 + random() % 3; ++k) {
      static constexpr std::string_view telling = "0123456789-\"{}[],.e\xff";
      mutant[random() % range] = telling[random() % telling.size()];
    }
    if (i % 7 == 0) mutant.resize(random() % mutant.size());
    try {
      load_bytes(mutant);
    } catch (const file_error&) {
      ++refused;
    }
  }

  // Most changes hit something that matters, and some do not: both kinds must have occurred.
  EXPECT_GT(refused, trials / 2);
  EXPECT_LT(refused, trials);
}

}  // namespace
}  // namespace flowkit::policy
