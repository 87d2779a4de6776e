// Convolution primitives of oneDNN over a few images at a time, made once per shape.
#pragma once

#include "primitives.hpp"

#include <flowkit/backend/geometry.hpp>

namespace flowkit::detail {

/// The passes of a convolution.
enum class image_pass : index_t { forward, data, weights };

/// What one call works on: dense images [images, height, width, inputs], dense outputs and weights
/// that lie as the primitive wants them. Images and outputs that enter have the given format, what
/// leaves is float. With `add` the result is added to what the target holds, which the pass `data`
/// cannot.
struct image_task {
  image_pass pass;
  convolution_geometry geometry;
  extents<4> image;
  index_t outputs;
  element format;
  bool add;
};

/// Layouts of weights that primitives ask for, in the order in which they were seen.
class weight_layouts {
 public:
  /// The number of a layout, the same for equal ones.
  index_t number_of(const dnnl::memory::desc& layout);

 private:
  std::vector<dnnl::memory::desc> known_;
};

/// A convolution primitive with the one that rearranges its weights. There may be none: `found` is
/// false where oneDNN would only lower the shape to a product, as we do better, or run its
/// reference code.
class image_kernel {
 public:
  image_kernel(const image_task& task, const dnnl::engine& engine, int lanes,
               weight_layouts& layouts);

  [[nodiscard]] bool found() const { return found_; }
  /// Number of the layout of rearranged weights: kernels of one cache that have the same one read
  /// each other's weights.
  [[nodiscard]] index_t weight_layout() const { return weight_layout_; }
  /// Size of the rearranged weights.
  [[nodiscard]] index_t weight_bytes() const { return weight_bytes_; }

  /// Runs on the calling thread, which holds a `serial_library`. Throws backend_error.
  void run(const void* x, const void* w, const void* y, std::size_t lane_number, lane& by);

  /// Copies a tap of the weights [taps * inputs, outputs] into the layout of the primitive or, in
  /// the pass `weights`, from it; there the result is added where the task says so. As `run`.
  void rearrange(index_t tap, const void* from, void* to, std::size_t lane_number, lane& by);

 private:
  /// Whether the forward pass runs as a pass for data: each is the other with mirrored weights
  /// where the stride is 1. Kernels of the forward pass take a line of the image at a time and are
  /// slow where that is short.
  [[nodiscard]] bool mirrored() const;
  template <class Description, class Primitive>
  void adopt(const Description& chosen, const dnnl::engine& engine, int lanes,
             weight_layouts& layouts);
  void make_convolution(const dnnl::engine& engine, int lanes, weight_layouts& layouts);
  void make_rearrangement(const dnnl::memory::desc& packed, const dnnl::engine& engine, int lanes);
  void check(dnnl_status_t status) const;

  image_task task_;
  bool found_ = false;
  index_t weight_layout_ = 0;
  index_t weight_bytes_ = 0;
  index_t row_step_ = 0;  // bytes between taps of rearranged weights: down and across
  index_t column_step_ = 0;
  lane_primitive convolution_;
  lane_primitive rearrangement_;
};

/// The convolution primitives of a backend object.
class image_kernel_cache {
 public:
  image_kernel_cache(const dnnl::engine& engine, int lanes) : engine_(engine), lanes_(lanes) {}

  void begin_operation() { known_.begin_operation(); }

  /// The kernel of a task, made unless it is known; not for use by several threads. It stays until
  /// the next operation begins.
  image_kernel& prepare(const image_task& task);

  [[nodiscard]] index_t misses() const { return known_.misses(); }

 private:
  dnnl::engine engine_;
  int lanes_;
  weight_layouts layouts_;
  primitive_cache<std::array<index_t, 14>, image_kernel> known_;
};

}  // namespace flowkit::detail
