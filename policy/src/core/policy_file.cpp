#include <flowkit/policy/policy_file.hpp>
#include <flowkit/policy/visuomotor_field.hpp>

#include "core/manifest_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace flowkit::policy {
namespace {

constexpr const char* document_key = "policy";
constexpr json_limits document_limits{.depth = 8, .bytes = 4'000'000, .values = 100'000};
constexpr std::array weight_sets{weight_set::raw, weight_set::average};

std::string weight_name(weight_set set, const std::string& entry) {
  return text(set == weight_set::raw ? "raw/" : "average/", entry);
}

/// The columns of statistics with their names in files.
template <class Statistics, class F>
void for_each_column(Statistics& s, std::string_view kind, const F& f) {
  const auto name = [&](std::string_view column) { return text("statistics/", kind, "/", column); };
  f(name("minimum"), s.minimum);
  f(name("maximum"), s.maximum);
  f(name("mean"), s.mean);
  f(name("deviation"), s.deviation);
}
constexpr std::size_t statistics_tensors = 8;

const named_array_view* find_tensor(const safetensors_contents& c, const std::string& name) {
  const auto found = std::find_if(c.tensors.begin(), c.tensors.end(),
                                  [&](const named_array_view& t) { return t.name == name; });
  return found == c.tensors.end() ? nullptr : &*found;
}

const array_view& tensor_of(const safetensors_contents& c, const std::string& name) {
  const named_array_view* found = find_tensor(c, name);
  FLOWKIT_VALIDATE(found != nullptr, "tensor '", name, "' is missing");
  return found->value;
}

detail::manifest_statistics read_statistics(const safetensors_contents& c) {
  detail::manifest_statistics out;
  const auto read = [&](const std::string& name, std::vector<double>& column) {
    const array_view& t = tensor_of(c, name);
    FLOWKIT_VALIDATE(t.type() == dtype::f64 && t.shape().size() == 1 && t.size() <= max_dimensions,
                     "tensor '", name, "' is ", flowkit::to_text(t.type()), " ",
                     flowkit::to_text(t.shape()), ", not f64 with one number per dimension");
    column = t.converted<double>();
  };
  for_each_column(out.action, "action", read);
  for_each_column(out.state, "state", read);
  return out;
}

/// Both sets must be exactly what the networks have: then the file is as large as they are, and
/// memory for them is no more than that.
void check_weights(const safetensors_contents& c, const policy_manifest& m) {
  const visuomotor_field field(m.specification, m.network);
  const std::vector<parameter_layout::entry>& entries = field.layout().entries();
  const std::size_t wanted = weight_sets.size() * entries.size() + statistics_tensors;
  for (const weight_set set : weight_sets) {
    for (const parameter_layout::entry& e : entries) {
      const array_view& t = tensor_of(c, weight_name(set, e.name));
      FLOWKIT_VALIDATE(t.shape() == e.shape, "tensor '", weight_name(set, e.name), "' has shape ",
                       flowkit::to_text(t.shape()), ", but the network of the manifest has ",
                       flowkit::to_text(e.shape));
      FLOWKIT_VALIDATE(t.type() == dtype::f32 || t.type() == dtype::f64, "tensor '",
                       weight_name(set, e.name), "' holds ", flowkit::to_text(t.type()),
                       ", not f32 or f64");
    }
  }
  FLOWKIT_VALIDATE(c.tensors.size() == wanted, "there are ", c.tensors.size(), " tensors, but ",
                   wanted, " belong to the networks of the manifest and their statistics");
}

policy_manifest read_manifest(const safetensors_contents& c, const std::string& source) {
  constexpr std::size_t most_tensors = 20'000;
  try {
    const auto document = c.metadata.find(document_key);
    FLOWKIT_VALIDATE(document != c.metadata.end(), "metadata '", document_key,
                     "' is missing: this is no policy");
    FLOWKIT_VALIDATE(c.tensors.size() <= most_tensors, "there are ", c.tensors.size(),
                     " tensors: no policy has as many");
    policy_manifest m = detail::manifest_from_json(parse_json(document->second, document_limits),
                                                   read_statistics(c));
    check_weights(c, m);
    return m;
  } catch (const invalid_input& problem) {
    throw file_error(source, text("cannot be used as a policy: ", problem.what()));
  }
}

/// The tensors of a file; of anything else, say a text, that it is no such file.
safetensors_contents contents_of(byte_view bytes, const std::string& source) {
  constexpr std::size_t begin_of_header = 8;  // after its length
  if (bytes.size() > begin_of_header && static_cast<char>(bytes[begin_of_header]) != '{') {
    throw file_error(source, "is not a safetensors file, so it holds no policy");
  }
  return parse_safetensors(bytes, source);
}

}  // namespace

policy_file::policy_file(const std::string& path)
    : file_(mapped_file(path)),
      source_(path),
      contents_(contents_of(file_->bytes(), path)),
      manifest_(read_manifest(contents_, source_)) {}

policy_file::policy_file(byte_view bytes, std::string source)
    : source_(std::move(source)),
      contents_(contents_of(bytes, source_)),
      manifest_(read_manifest(contents_, source_)) {}

void policy_file::verify() const { verify_checksum(contents_, source_); }

template <class T>
void policy_file::read_weights(weight_set set, const parameter_layout& layout,
                               std::span<T> flat) const {
  FLOWKIT_EXPECT(static_cast<index_t>(flat.size()) == layout.size());
  std::fill(flat.begin(), flat.end(), T(0));
  for (const parameter_layout::entry& e : layout.entries()) {
    const std::string name = weight_name(set, e.name);
    const named_array_view* found = find_tensor(contents_, name);
    if (found == nullptr || found->value.shape() != e.shape) {
      throw file_error(source_,
                       text("has no tensor '", name, "' of shape ", flowkit::to_text(e.shape),
                            ": read it with the layout of its own manifest"));
    }
    const std::vector<T> values = found->value.template converted<T>();
    if (!std::all_of(values.begin(), values.end(), [](T x) { return std::isfinite(x); })) {
      throw file_error(source_, text("tensor '", name, "' holds numbers that are not finite: the ",
                                     "training diverged or the file is damaged"));
    }
    std::copy(values.begin(), values.end(), flat.begin() + e.offset);
  }
}

template <class T>
void write_policy_file(const std::string& path, const policy_manifest& manifest,
                       const parameter_layout& layout, std::span<const T> raw,
                       std::span<const T> average) {
  validate(manifest);
  std::vector<named_array_view> tensors;
  for (const weight_set set : weight_sets) {
    const std::span<const T> flat = set == weight_set::raw ? raw : average;
    FLOWKIT_EXPECT(static_cast<index_t>(flat.size()) == layout.size());
    for (const parameter_layout::entry& e : layout.entries()) {
      const auto values =
          flat.subspan(static_cast<std::size_t>(e.offset), static_cast<std::size_t>(e.size()));
      tensors.push_back({weight_name(set, e.name), as_array(values, e.shape)});
    }
  }
  const auto add = [&](const std::string& name, const std::vector<double>& column) {
    tensors.push_back({name, as_array(column, {static_cast<index_t>(column.size())})});
  };
  for_each_column(manifest.normalizers.action.statistics(), "action", add);
  for_each_column(manifest.normalizers.state.statistics(), "state", add);
  policy_manifest written = manifest;
  written.origin.version = library_version();
  write_safetensors(path, tensors, {{document_key, to_json(detail::json_of(written))}});
}

template void policy_file::read_weights(weight_set, const parameter_layout&,
                                        std::span<float>) const;
template void policy_file::read_weights(weight_set, const parameter_layout&,
                                        std::span<double>) const;
template void write_policy_file(const std::string&, const policy_manifest&, const parameter_layout&,
                                std::span<const float>, std::span<const float>);
template void write_policy_file(const std::string&, const policy_manifest&, const parameter_layout&,
                                std::span<const double>, std::span<const double>);

}  // namespace flowkit::policy
