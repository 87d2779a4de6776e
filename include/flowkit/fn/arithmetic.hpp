// Functors of elementwise passes (they write their first arguments) and of sums (they return).
#pragma once

#include <flowkit/fn/math.hpp>

namespace flowkit::fn {

// ---- sums -------------------------------------------------------------------------------------

/// x
struct identity {
  static constexpr kernel_arity arity{0, 1};
  template <class V>
  FLOWKIT_HD V operator()(V x) const {
    return x;
  }
};

/// x^2
struct square {
  static constexpr kernel_arity arity{0, 1};
  template <class V>
  FLOWKIT_HD V operator()(V x) const {
    return x * x;
  }
};

/// a b
struct multiply {
  static constexpr kernel_arity arity{0, 2};
  template <class V>
  FLOWKIT_HD V operator()(V a, V b) const {
    return a * b;
  }
};

/// (a - b)^2
struct squared_difference {
  static constexpr kernel_arity arity{0, 2};
  template <class V>
  FLOWKIT_HD V operator()(V a, V b) const {
    return (a - b) * (a - b);
  }
};

/// w (a - b)^2: one term of a weighted or masked squared error.
struct weighted_squared_difference {
  static constexpr kernel_arity arity{0, 3};
  template <class V>
  FLOWKIT_HD V operator()(V a, V b, V w) const {
    return w * (a - b) * (a - b);
  }
};

// ---- elementwise ------------------------------------------------------------------------------

/// y = x
struct assign {
  static constexpr kernel_arity arity{1, 1};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    y = x;
  }
};

/// y = value
template <class S>
struct assign_constant {
  static constexpr kernel_arity arity{1, 0};
  S value;
  template <class V>
  FLOWKIT_HD void operator()(V& y) const {
    y = V(value);
  }
};

/// y += x
struct add_to {
  static constexpr kernel_arity arity{1, 1};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    y = y + x;
  }
};

/// y = a + b
struct sum_of {
  static constexpr kernel_arity arity{1, 2};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V a, V b) const {
    y = a + b;
  }
};

/// y = a - b
struct difference_of {
  static constexpr kernel_arity arity{1, 2};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V a, V b) const {
    y = a - b;
  }
};

/// y = a b
struct product_of {
  static constexpr kernel_arity arity{1, 2};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V a, V b) const {
    y = a * b;
  }
};

/// y = a b + c: feature-wise scale and shift.
struct multiply_add {
  static constexpr kernel_arity arity{1, 3};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V a, V b, V c) const {
    y = a * b + c;
  }
};

/// y = a b + c d: tangent of a product.
struct sum_of_products {
  static constexpr kernel_arity arity{1, 4};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V a, V b, V c, V d) const {
    y = a * b + c * d;
  }
};

/// y = factor x
template <class S>
struct scaled {
  static constexpr kernel_arity arity{1, 1};
  S factor;
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    y = V(factor) * x;
  }
};

/// y += factor x
template <class S>
struct axpy {
  static constexpr kernel_arity arity{1, 1};
  S factor;
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    y = y + V(factor) * x;
  }
};

/// y = shift + factor x
template <class S>
struct affine {
  static constexpr kernel_arity arity{1, 1};
  S factor;
  S shift;
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    y = V(factor) * x + V(shift);
  }
};

/// y = sqrt(x)
struct square_root {
  static constexpr kernel_arity arity{1, 1};
  template <class V>
  FLOWKIT_HD void operator()(V& y, V x) const {
    using std::sqrt;
    y = sqrt(x);
  }
};

/// dy = factor (a - b) w: gradient of a weighted squared error.
template <class S>
struct scaled_difference {
  static constexpr kernel_arity arity{1, 3};
  S factor;
  template <class V>
  FLOWKIT_HD void operator()(V& y, V a, V b, V w) const {
    y = V(factor) * w * (a - b);
  }
};

}  // namespace flowkit::fn
