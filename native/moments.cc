// Sums over rows for each column, that every fit begins with: src/core/rows.ts.
#include <algorithm>

#include "kernel.h"

namespace latent {
namespace {

// Rows that are summed up in float32 before they are added to float64 sums.
constexpr int64_t SHORT = 64;

// Numbers of a thread's share: their sums take 300 us, starting a thread and waiting for it 40 to 70.
constexpr int64_t SHARE = 1 << 21;

// Few columns are taken as if several rows were one, of about so many.
constexpr int64_t WIDE = 64;

struct Sums {
  std::vector<double> first, second;  // [D], or so many for each row that is taken as one
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

// The mean of the first rows: of equal numbers it is exactly theirs.
std::vector<float> someMean(const float* x, int64_t d, int64_t n) {
  const int64_t few = std::min(n, SHORT);
  std::vector<double> sums(d);
  for (int64_t at = 0; at < few * d; at++) sums[at % d] += x[at];
  std::vector<float> mean(d);
  for (int64_t j = 0; j < d; j++) mean[j] = static_cast<float>(sums[j] / few);
  return mean;
}

// x [N, D], range [2] the first row and how many, center [D], or [0] for the mean of some -> [5, D]: sums of (x - c), as two
// float32 each, and of (x - c)^2, as two; the centre c.
void columnMoments(Context* context) {
  const Input x(context, 0), range(context, 1), given(context, 2);
  const int64_t d = x.dim(1), n = range.ints()[1];
  const float* rows = x.floats() + range.ints()[0] * d;
  const std::vector<float> some = given.size() > 0 ? std::vector<float>() : someMean(rows, d, n);
  const float* center = given.size() > 0 ? given.floats() : some.data();
  const int64_t tile = std::max<int64_t>(1, WIDE / d), wide = tile * d;
  std::vector<float> centers(wide);
  for (int64_t j = 0; j < wide; j++) centers[j] = center[j % d];
  std::vector<Sums> parts(threads());
  const int64_t grain = std::max<int64_t>(SHORT, SHARE / wide / SHORT * SHORT);
  parallelIndexed(n / tile, grain, [&](int part, int64_t begin, int64_t end) {
    parts[part].first.assign(wide, 0);
    parts[part].second.assign(wide, 0);
    sumUp(rows, centers.data(), wide, begin, end, parts[part]);
  });
  Sums rest{std::vector<double>(d), std::vector<double>(d)};
  sumUp(rows, center, d, n / tile * tile, n, rest);
  for (const Sums& part : parts) {
    for (size_t j = 0; j < part.first.size(); j++) {
      rest.first[j % d] += part.first[j];
      rest.second[j % d] += part.second[j];
    }
  }
  float* out = floatOutput(context, 0, {5, d});
  for (int64_t j = 0; j < d; j++) {
    split(rest.first[j], out + j, out + d + j);
    split(rest.second[j], out + 2 * d + j, out + 3 * d + j);
    out[4 * d + j] = center[j];
  }
}

}  // namespace

LATENT_KERNEL(LatentColumnMoments, columnMoments,
              {"x: float", "range: int32", "center: float"},
              {"sums: float"})

}  // namespace latent
