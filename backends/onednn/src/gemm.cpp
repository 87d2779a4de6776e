#include "executor.hpp"

namespace flowkit {
namespace {

detail::operand oriented(transpose t, const detail::operand& o) {
  return t == transpose::no ? o : transposed(o);
}

}  // namespace

void onednn::gemm(transpose ta, transpose tb, float alpha, constant_view<2> a, constant_view<2> b,
                  float beta, mutable_view<2> c) {
  FLOWKIT_EXPECT(contiguous_rows(a) && contiguous_rows(b) && contiguous_rows(constant_view<2>(c)));
  const index_t depth = a.shape()[ta == transpose::no ? 1 : 0];
  FLOWKIT_EXPECT(a.shape()[ta == transpose::no ? 0 : 1] == c.shape()[0]);
  FLOWKIT_EXPECT(b.shape()[tb == transpose::no ? 0 : 1] == depth);
  FLOWKIT_EXPECT(b.shape()[tb == transpose::no ? 1 : 0] == c.shape()[1]);
  if (alpha != 1 || executor_->leaves_to_own_kernel({c.shape()[0], c.shape()[1], depth})) {
    return eigen<float>::gemm(ta, tb, alpha, a, b, beta, c);
  }
  detail::product_executor& e = *executor_;
  e.begin_operation();
  if (beta != 0 && beta != 1) for_each(fn::scaled<float>{beta}, c, constant_view<2>(c));
  e.multiply(pool(), {.m = c.shape()[0],
                      .n = c.shape()[1],
                      .k = depth,
                      .a = oriented(ta, e.stored(pool(), e.left, a)),
                      .b = oriented(tb, e.stored(pool(), e.right, b)),
                      .c = c.data(),
                      .c_step = c.strides()[0],
                      .format = e.format(),
                      .add = beta != 0});
}

void onednn::gemm(transpose ta, transpose tb, float alpha, constant_view<3> a, constant_view<3> b,
                  float beta, mutable_view<3> c) {
  FLOWKIT_EXPECT(a.shape()[0] == c.shape()[0] && b.shape()[0] == c.shape()[0]);
  const auto matrix = []<class U>(const view<U, 3, host_space>& v, index_t i) {
    return view<U, 2, host_space>(v.data() + i * v.strides()[0],
                                  extents<2>{v.shape()[1], v.shape()[2]},
                                  extents<2>{v.strides()[1], v.strides()[2]});
  };
  for (index_t i = 0; i < c.shape()[0]; ++i) {
    gemm(ta, tb, alpha, matrix(a, i), matrix(b, i), beta, matrix(c, i));
  }
}

}  // namespace flowkit
