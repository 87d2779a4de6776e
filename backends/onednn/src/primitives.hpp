// Matrix products of oneDNN, made once per shape and run by several threads at a time.
#pragma once

#include "compat.hpp"

#include <flowkit/backend/tensor.hpp>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace flowkit::detail {

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

/// An operand in memory: element (i, j) lies at i * row_step + j * column_step, one of which is 1.
struct operand {
  const void* data;
  index_t row_step;
  index_t column_step;
};

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
class cached_product {
 public:
  /// Throws dnnl::error.
  cached_product(const product& p, const dnnl::engine& engine, int lanes);

  /// Runs on the calling thread, which holds a `serial_library`. Throws backend_error.
  void run(const product& p, std::size_t lane_number, lane& by);

  index_t last_use = 0;  ///< the oldest makes room for a new one

 private:
  struct lane_arguments {
    std::array<dnnl::memory, 4> memories;
    std::array<dnnl_exec_arg_t, 4> arguments;
  };

  dnnl::matmul primitive_;
  index_t scratch_bytes_ = 0;
  std::vector<lane_arguments> lanes_;
};

/// The products of a backend object. References stay valid until the next `begin_operation`.
class product_cache {
 public:
  product_cache(const dnnl::engine& engine, int lanes) : engine_(engine), lanes_(lanes) {}

  /// Drops the older half when there are more than `limit`.
  void begin_operation();

  /// Makes the primitive for the shape of p unless it is known. Throws backend_error that names the
  /// shape and oneDNN's status where it refuses. Allocates once per shape.
  void prepare(const product& p);

  /// The primitive of a prepared shape. Several threads may ask at a time.
  [[nodiscard]] cached_product& at(const product& p) { return known_.at(key_of(p)); }

  /// Primitives made so far.
  [[nodiscard]] index_t misses() const { return misses_; }

  static constexpr std::size_t limit = 4096;

 private:
  /// All numbers that tell two shapes apart.
  using key = std::array<index_t, 10>;
  static key key_of(const product& p);

  dnnl::engine engine_;
  int lanes_;
  index_t clock_ = 0;
  index_t misses_ = 0;
  std::map<key, cached_product> known_;
};

}  // namespace flowkit::detail
