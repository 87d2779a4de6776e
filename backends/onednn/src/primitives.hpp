// Matrix products of oneDNN, made once per shape and run by several threads at a time.
#pragma once

#include "compat.hpp"

#include <flowkit/backend/tensor.hpp>

#include <array>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace flowkit::detail {

/// What an error message says of oneDNN's answer.
[[nodiscard]] std::string reported(dnnl_status_t status);

/// Makes oneDNN use the calling thread alone while the object lives: our pool is the only one that
/// shares out work. Two pools on one set of cores wait for each other, and a primitive made for
/// several threads runs 20 to 100 times slower when another process holds a core.
class serial_library {
 public:
  serial_library();
  serial_library(const serial_library&) = delete;
  serial_library& operator=(const serial_library&) = delete;
  ~serial_library();

 private:
  int before_;
};

/// Format of the operands of a product; its result is float.
enum class element : index_t { f32, bf16 };

[[nodiscard]] constexpr dnnl_compat::type type_of(element format) {
  return format == element::bf16 ? dnnl_compat::type::bf16 : dnnl_compat::type::f32;
}

/// Whether an implementation, by oneDNN's name of it, is its reference code, which is right but
/// thousands of times slower than a kernel.
[[nodiscard]] constexpr bool is_reference(std::string_view implementation) {
  return implementation.find("ref") != std::string_view::npos;
}

/// An operand in memory: element (i, j) lies at i * row_step + j * column_step, one of which is 1.
struct operand {
  const void* data;
  index_t row_step;
  index_t column_step;
};

[[nodiscard]] constexpr operand transposed(const operand& o) {
  return {o.data, o.column_step, o.row_step};
}

/// c = a b, or c += a b where `add`, with a of m x k, b of k x n and rows of c that lie c_step
/// apart.
struct product {
  index_t m;
  index_t n;
  index_t k;
  operand a;
  operand b;
  float* c;
  index_t c_step;
  element format;
  bool add;
};

/// Memory that grows only; old contents are lost when it does.
class growing_memory {
 public:
  /// At least `count` elements, aligned to 64 bytes.
  template <class T>
  [[nodiscard]] T* grown(index_t count) {
    return reinterpret_cast<T*>(grown_bytes(count * static_cast<index_t>(sizeof(T))));
  }

 private:
  std::byte* grown_bytes(index_t bytes);

  buffer<std::byte, host_space> memory_;
};

/// What one thread needs: a stream, and scratch memory of the primitives and of a task.
struct lane {
  explicit lane(const dnnl::engine& engine) : stream(engine) {}

  dnnl::stream stream;
  growing_memory scratch;   ///< of the primitive that runs
  growing_memory operands;  ///< operands that a task rounds or collects
  growing_memory sums;      ///< what it adds up before the result is stored
};

/// A primitive with argument objects for every lane, so that running it makes none.
class lane_primitive {
 public:
  /// DNNL_ARG_... and how its memory is laid out.
  struct argument {
    int number;
    dnnl::memory::desc layout;
  };

  lane_primitive() = default;
  /// Throws dnnl::error.
  lane_primitive(dnnl::primitive primitive, const dnnl::memory::desc& scratch,
                 const std::vector<argument>& arguments, const dnnl::engine& engine, int lanes);

  /// Runs on the calling thread, which holds a `serial_library`, with the memory of the arguments
  /// in their order.
  [[nodiscard]] dnnl_status_t run(std::initializer_list<const void*> data, std::size_t lane_number,
                                  lane& by);

 private:
  struct lane_arguments {
    std::vector<dnnl::memory> memories;
    std::vector<dnnl_exec_arg_t> arguments;
  };

  dnnl::primitive primitive_;
  index_t scratch_bytes_ = 0;
  std::vector<lane_arguments> lanes_;
};

/// The primitives of a backend object by shape. References stay valid until the next
/// `begin_operation`.
template <class Key, class Entry>
class primitive_cache {
 public:
  /// When there are more than `limit`, drops those that none of the last `limit` / 2 uses was of.
  void begin_operation() {
    if (known_.size() <= limit) return;
    const index_t middle = clock_ - static_cast<index_t>(limit / 2);
    std::erase_if(known_, [&](const auto& entry) { return entry.second.last_use < middle; });
  }

  /// The entry of a shape, made by `make()` unless it is known. Allocates once per shape.
  template <class Make>
  Entry& prepare(const Key& key, const Make& make) {
    auto found = known_.find(key);
    if (found == known_.end()) {
      const serial_library serial;
      found = known_.emplace(key, dated{make(), 0}).first;
      ++misses_;
    }
    found->second.last_use = ++clock_;
    return found->second.entry;
  }

  /// The entry of a prepared shape. Several threads may ask at a time.
  [[nodiscard]] Entry& at(const Key& key) { return known_.at(key).entry; }

  /// Entries made so far.
  [[nodiscard]] index_t misses() const { return misses_; }

  static constexpr std::size_t limit = 4096;

 private:
  struct dated {
    Entry entry;
    index_t last_use;  ///< `clock_` then
  };

  index_t clock_ = 0;
  index_t misses_ = 0;
  std::map<Key, dated> known_;
};

/// The products of a backend object.
class product_cache {
 public:
  product_cache(const dnnl::engine& engine, int lanes) : engine_(engine), lanes_(lanes) {}

  void begin_operation() { known_.begin_operation(); }

  /// Makes the primitive for the shape of p unless it is known. Throws backend_error that names the
  /// shape and oneDNN's status where it refuses, or has only its reference code.
  void prepare(const product& p);

  /// Runs a prepared product on the calling thread, which holds a `serial_library`. Throws
  /// backend_error.
  void run(const product& p, std::size_t lane_number, lane& by);

  [[nodiscard]] index_t misses() const { return known_.misses(); }

 private:
  /// All numbers that tell two shapes apart.
  using key = std::array<index_t, 10>;
  static key key_of(const product& p);

  dnnl::engine engine_;
  int lanes_;
  primitive_cache<key, lane_primitive> known_;
};

}  // namespace flowkit::detail
