// Sums over rows for each column, that every fit begins with: src/core/rows.ts.
#include <algorithm>

#include "kernel.h"

namespace latent {
namespace {

// Rows that are summed up in float32 before they are added to float64 sums.
constexpr int64_t SHORT = 64;

struct Sums {
  std::vector<double> first, second;  // [D]
};

// Rows [begin, end) of x [n, D], relative to the centre [D].
void sumUp(const float* x, const float* center, int64_t d, int64_t begin, int64_t end, Sums& sums) {
  std::vector<float> first(d), second(d);
  for (int64_t start = begin; start < end; start += SHORT) {
    std::fill(first.begin(), first.end(), 0.f);
    std::fill(second.begin(), second.end(), 0.f);
    for (int64_t i = start; i < std::min(end, start + SHORT); i++) {
      const float* row = x + i * d;
      float *a = first.data(), *b = second.data();
#pragma GCC ivdep
      for (int64_t j = 0; j < d; j++) {
        const float away = row[j] - center[j];
        a[j] += away;
        b[j] += away * away;
      }
    }
    for (int64_t j = 0; j < d; j++) {
      sums.first[j] += first[j];
      sums.second[j] += second[j];
    }
  }
}

// x [N, D], range [2] the first row and how many, center [D] -> [4, D]: sums of (x - c), as two float32 each, and of
// (x - c)^2, as two.
void columnMoments(TF_OpKernelContext* context) {
  const Input x(context, 0), range(context, 1), center(context, 2);
  const int64_t d = center.size();
  const float* rows = x.floats() + range.ints()[0] * d;
  std::vector<Sums> parts(threads());
  const int64_t grain = std::max<int64_t>(SHORT, (1 << 16) / d / SHORT * SHORT);
  parallelIndexed(range.ints()[1], grain, [&](int part, int64_t begin, int64_t end) {
    parts[part].first.assign(d, 0);
    parts[part].second.assign(d, 0);
    sumUp(rows, center.floats(), d, begin, end, parts[part]);
  });
  float* out = floatOutput(context, 0, {4, d});
  for (int64_t j = 0; j < d; j++) {
    double first = 0, second = 0;
    for (const Sums& part : parts) {
      if (part.first.empty()) continue;
      first += part.first[j];
      second += part.second[j];
    }
    split(first, out + j, out + d + j);
    split(second, out + 2 * d + j, out + 3 * d + j);
  }
}

Kernel<columnMoments> kernel("LatentColumnMoments", {"x: float", "range: int32", "center: float"}, {"sums: float"});

}  // namespace
}  // namespace latent
