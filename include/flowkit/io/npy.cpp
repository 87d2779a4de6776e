#include <flowkit/core/error.hpp>
#include <flowkit/io/atomic_file.hpp>
#include <flowkit/io/json.hpp>
#include <flowkit/io/npy.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace flowkit {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t version_bytes = 2;
constexpr std::size_t rank_limit = 64;  // of NumPy 2

struct descr_name {
  std::string_view name;
  dtype type;
};

constexpr descr_name descr_names[] = {
    {"|b1", dtype::boolean}, {"|i1", dtype::i8},  {"<i2", dtype::i16}, {"<i4", dtype::i32},
    {"<i8", dtype::i64},     {"|u1", dtype::u8},  {"<u2", dtype::u16}, {"<u4", dtype::u32},
    {"<u8", dtype::u64},     {"<f2", dtype::f16}, {"<f4", dtype::f32}, {"<f8", dtype::f64}};

enum class storage_order { c, fortran };

struct npy_header_fields {
  std::optional<dtype> type;
  std::optional<storage_order> order;
  std::optional<array_shape> shape;
};

dtype parse_descr(std::string_view descr) {
  const auto found = std::find_if(std::begin(descr_names), std::end(descr_names),
                                  [&](const descr_name& row) { return row.name == descr; });
  FLOWKIT_VALIDATE(descr.empty() || descr[0] != '>', "element type ", to_json(descr),
                   " is big-endian; save it with .astype('<", descr.substr(1), "')");
  FLOWKIT_VALIDATE(descr.find('O') == descr.npos,
                   "it holds Python objects, which are never loaded; save numbers instead");
  FLOWKIT_VALIDATE(found != std::end(descr_names), "element type ", to_json(descr),
                   " is not supported; save booleans, integers or floats");
  return found->type;
}

/// Reads the one Python dictionary that a header is. Only the literals that NumPy writes are
/// understood: quoted text without escapes, True, False and a tuple of non-negative integers.
class header_reader {
 public:
  explicit header_reader(std::string_view text) : text_(text) {}

  npy_header_fields read() {
    npy_header_fields out;
    expect('{');
    while (!accept('}')) {
      member(out);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    FLOWKIT_VALIDATE(at_ == text_.size(), "header has text after the dictionary");
    return out;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool accept(std::string_view wanted) {
    skip_space();
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }

  bool accept(char wanted) { return accept(std::string_view(&wanted, 1)); }

  void expect(char wanted) {
    FLOWKIT_VALIDATE(accept(wanted), "header is not a dictionary as NumPy writes it: expected '",
                     wanted, "' at byte ", at_);
  }

  std::string_view quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect(quote);
    const std::size_t end = text_.find(quote, at_);
    FLOWKIT_VALIDATE(end != text_.npos, "header has an unterminated text");
    const std::string_view out = text_.substr(at_, end - at_);
    FLOWKIT_VALIDATE(out.find('\\') == out.npos, "header has an escape sequence in a text");
    at_ = end + 1;
    return out;
  }

  template <class T>
  static void set_once(std::optional<T>& field, T value, std::string_view key) {
    FLOWKIT_VALIDATE(!field, "header has the key ", to_json(key), " twice");
    field = std::move(value);
  }

  void member(npy_header_fields& out) {
    const std::string_view key = quoted();
    expect(':');
    if (key == "descr") {
      FLOWKIT_VALIDATE(!accept('['), "it is a structured array; save each field on its own");
      set_once(out.type, parse_descr(quoted()), key);
    } else if (key == "fortran_order") {
      set_once(out.order, order(), key);
    } else if (key == "shape") {
      set_once(out.shape, shape(), key);
    } else {
      FLOWKIT_VALIDATE(false, "header has the unknown key ", to_json(key));
    }
  }

  storage_order order() {
    if (accept("True")) return storage_order::fortran;
    FLOWKIT_VALIDATE(accept("False"), "fortran_order is neither True nor False");
    return storage_order::c;
  }

  array_shape shape() {
    array_shape out;
    expect('(');
    while (!accept(')')) {
      out.push_back(extent());
      FLOWKIT_VALIDATE(out.size() <= rank_limit, "shape has more than ", rank_limit, " dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return out;
  }

  index_t extent() {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    index_t out = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
    FLOWKIT_VALIDATE(error == std::errc{} && out >= 0,
                     "shape has a dimension that is not a whole number from 0 to 2^63 - 1");
    at_ += static_cast<std::size_t>(end - rest.data());
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Splits off the header text and leaves the data in `bytes`.
std::string_view take_header(byte_view& bytes) {
  const std::string_view all = detail::chars_of(bytes);
  const std::size_t fixed = magic.size() + version_bytes;
  FLOWKIT_VALIDATE(all.size() >= fixed && all.starts_with(magic),
                   "does not begin with the signature of a .npy file; save it with numpy.save");
  const int version = static_cast<unsigned char>(all[magic.size()]);
  FLOWKIT_VALIDATE(1 <= version && version <= 3, "has the unknown .npy version ", version,
                   "; versions 1 to 3 are read, and numpy.save writes one of them");

  const std::size_t length_bytes = version == 1 ? sizeof(std::uint16_t) : sizeof(std::uint32_t);
  FLOWKIT_VALIDATE(bytes.size() >= fixed + length_bytes,
                   "ends inside the header; the file is cut off, so copy or save it again");
  const std::size_t length = version == 1 ? detail::load_little<std::uint16_t>(bytes, fixed)
                                          : detail::load_little<std::uint32_t>(bytes, fixed);
  const std::size_t begin = fixed + length_bytes;
  FLOWKIT_VALIDATE(length <= bytes.size() - begin, "declares a header of ", length,
                   " bytes, but only ", bytes.size() - begin,
                   " follow; the file is cut off, so copy or save it again");
  bytes = bytes.subspan(begin + length);
  return all.substr(begin, length);
}

/// Copies Fortran-ordered data (first index fastest) into row-major order (last index fastest).
void reorder(byte_view from, const array_shape& shape, index_t item, std::span<std::byte> to) {
  if (to.empty()) return;  // sizes beside a zero are bounded by nothing
  const std::size_t rank = shape.size();
  const auto size = static_cast<std::size_t>(item);
  array_shape stride(shape.size(), item);  // bytes between neighbours along each axis of `from`
  for (std::size_t axis = 1; axis < rank; ++axis) stride[axis] = stride[axis - 1] * shape[axis - 1];

  array_shape index(shape.size());
  index_t source = 0;
  for (std::size_t target = 0; target < to.size(); target += size) {
    std::memcpy(&to[target], &from[static_cast<std::size_t>(source)], size);
    for (std::size_t axis = rank; axis-- > 0;) {
      source += stride[axis];
      if (++index[axis] < shape[axis]) break;
      source -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

array parse(byte_view bytes) {
  npy_header_fields fields = header_reader(take_header(bytes)).read();
  FLOWKIT_VALIDATE(fields.type && fields.order && fields.shape,
                   "header lacks descr, fortran_order or shape; save it with numpy.save");
  const auto needed = byte_count(*fields.type, *fields.shape);
  FLOWKIT_VALIDATE(needed, "shape ", to_text(*fields.shape), " of ", *fields.type,
                   " overflows: it has more than 2^62 bytes; save the array again");
  FLOWKIT_VALIDATE(static_cast<std::size_t>(*needed) == bytes.size(), "shape ",
                   to_text(*fields.shape), " of ", *fields.type, " needs ", *needed,
                   " bytes of data, but ", bytes.size(),
                   " follow the header; the file is cut off or damaged, so save the array again");

  array out(*fields.type, std::move(*fields.shape));
  if (*fields.order == storage_order::fortran) {
    reorder(bytes, out.shape(), item_size(out.type()), out.bytes());
  } else {
    std::copy(bytes.begin(), bytes.end(), out.bytes().begin());
  }
  if (out.type() == dtype::boolean) {  // NumPy takes any other byte than 0 for true
    for (std::byte& value : out.bytes()) value = value == std::byte{0} ? value : std::byte{1};
  }
  return out;
}

std::string_view descr_of(dtype type) {
  const auto found = std::find_if(std::begin(descr_names), std::end(descr_names),
                                  [&](const descr_name& row) { return row.type == type; });
  FLOWKIT_VALIDATE(found != std::end(descr_names), "NumPy has no element type ", type,
                   "; write converted<float>()");
  return found->name;
}

}  // namespace

array parse_npy(byte_view bytes, const std::string& source) {
  try {
    return parse(bytes);
  } catch (const invalid_input& problem) {
    throw file_error(source, problem.what());
  }
}

array read_npy(const std::string& path) {
  const mapped_file file(path);
  return parse_npy(file.bytes(), path);
}

void write_npy(const std::string& path, const array_view& value) {
  atomic_file file(path);
  file.write(detail::npy_header(value));
  file.write(value.bytes());
  file.commit();
}

namespace detail {

std::string npy_header(const array_view& value) {
  std::string fields =
      text("{'descr': '", descr_of(value.type()), "', 'fortran_order': False, 'shape': (");
  for (const index_t extent : value.shape()) fields += text(extent, ",");
  fields += "), }";

  // NumPy aligns the data to 64 bytes, so that a mapped file can be used in place.
  constexpr std::size_t alignment = 64;
  const std::size_t fixed = magic.size() + version_bytes + sizeof(std::uint16_t);
  const std::size_t total = (fixed + fields.size() + 1 + alignment - 1) / alignment * alignment;
  fields.resize(total - fixed - 1, ' ');
  fields.push_back('\n');
  FLOWKIT_VALIDATE(value.shape().size() <= rank_limit, "an array of ", value.shape().size(),
                   " dimensions cannot be written; .npy allows ", rank_limit);

  std::string out(magic);
  out.append("\x01\x00", version_bytes);
  append_little(out, static_cast<std::uint16_t>(fields.size()));
  return out + fields;
}

}  // namespace detail
}  // namespace flowkit
