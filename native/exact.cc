// The column sums and the scatter matrix of rows about an origin in float64: of data small enough that nothing need be
// float32's. src/decomposition/moments.ts does the same on the host.
#include <algorithm>

#include "doubles.h"

namespace latent {
namespace {

// Rows that are added at once.
constexpr int SIDE = 4;
// Products that are worth a thread.
constexpr int64_t SHARE = 1 << 21;

// What a thread adds up; rows of the matrix are padded to whole vectors.
struct Sums {
  explicit Sums(int64_t d) : stride(padded(d)), first(stride), products(d * stride), rows(SIDE * stride) {}
  int64_t stride;
  std::vector<double> first;     // [stride]
  std::vector<double> products;  // [D, stride], on and below the diagonal
  std::vector<double> rows;      // [SIDE, stride]
};

// Row i of the products, up to the diagonal.
void addRow(int64_t i, Sums* sums) {
  const double* rows = sums->rows.data();
  const int64_t stride = sums->stride;
  double* to = &sums->products[i * stride];
  Doubles factors[SIDE];
  for (int r = 0; r < SIDE; r++) factors[r] = allDoubles(rows[r * stride + i]);
  for (int64_t j = 0; j <= i; j += WIDTH) {
    Doubles sum = loadDoubles(to + j);
    for (int r = 0; r < SIDE; r++) sum += factors[r] * loadDoubles(rows + r * stride + j);
    storeDoubles(to + j, sum);
  }
}

// Rows [begin, end) of x [N, D] about the origin [D].
void add(const float* x, const float* origin, int64_t d, int64_t begin, int64_t end, Sums* sums) {
  for (int64_t start = begin; start < end; start += SIDE) {
    for (int64_t r = 0; r < SIDE; r++) {
      double* row = &sums->rows[r * sums->stride];
      const float* from = x + (start + r) * d;
      const bool there = start + r < end;
      for (int64_t j = 0; j < d; j++) {
        row[j] = there ? static_cast<double>(from[j]) - origin[j] : 0;
        sums->first[j] += row[j];
      }
    }
    for (int64_t i = 0; i < d; i++) addRow(i, sums);
  }
}

// x [N, D], range [2] the first row and how many, origin [D] -> sums of the columns of x - origin [D], and the lower
// triangle of its scatter matrix [D (D + 1) / 2], row by row; float64, as they lie in memory.
void compute(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2);
  const int64_t n = range.ints()[1], d = x.dim(1);
  const float* rows = x.floats() + range.ints()[0] * d;
  const int64_t shares = std::clamp<int64_t>(n * d * d / SHARE, 1, threads());
  const int64_t grain = std::max<int64_t>(SIDE, (n + shares - 1) / shares);
  std::vector<std::unique_ptr<Sums>> parts(threads());
  parallelIndexed(n, grain, [&](int part, int64_t begin, int64_t end) {
    parts[part] = std::make_unique<Sums>(d);
    add(rows, origin.floats(), d, begin, end, parts[part].get());
  });
  const Sums& sums = sumOfParts(parts, {&Sums::first, &Sums::products});
  std::copy_n(sums.first.begin(), d, rawOutput(context, 0, {d}));
  double* triangle = rawOutput(context, 1, {d * (d + 1) / 2});
  for (int64_t i = 0; i < d; i++) triangle = std::copy_n(&sums.products[i * sums.stride], i + 1, triangle);
}

}  // namespace

LATENT_KERNEL(LatentExactScatter, compute,
              {"x: float", "range: int32", "origin: float"},
              {"sums: float", "scatter: float"})

}  // namespace latent
