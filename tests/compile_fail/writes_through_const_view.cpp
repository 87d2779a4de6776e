// A view of constants stays one.
// expect: conversion from
// from
#include <flowkit/core/view.hpp>

using namespace flowkit;

int main() {
  float x[2] = {};
  const view<float, 1, host_space> mutable_view(x, extents{2});
#ifdef FLOWKIT_BAD
  const view<const float, 1, host_space> constant = mutable_view;
  const view<float, 1, host_space> back = constant;
#else
  const view<const float, 1, host_space> back = mutable_view;
#endif
  return static_cast<int>(back(0));
}
