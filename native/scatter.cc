// The column sums and the scatter matrix of rows about an origin, from which PCA has the covariance.
#include <cmath>
#include <memory>

#include "product.h"

namespace latent {
namespace {

// Rows that are added up in float32; what they come to is added in float64. A column that is 0 in all of them takes no part
// in their product: of MNIST's 784 pixels 606 do in such a block, and 717 in all rows.
constexpr int64_t BLOCK = 4 * DEPTH;

// One thread's share, with its scratch. What is large is not set: the thread that is first to write there gets the pages.
struct Scatter {
  explicit Scatter(int64_t d)
      : sums(d), total(d), size(d), live(d), products(new double[d * (d + 1) / 2]), packed(new float[paddedTo(d) * DEPTH]),
        block(new float[paddedTo(d) * paddedTo(d)]) {}

  std::vector<double> sums;  // [D]
  std::vector<float> total, size;
  std::vector<int32_t> live;
  std::unique_ptr<double[]> products;  // the lower triangle of [D, D], row by row
  std::unique_ptr<float[]> packed, block;
};

// Rows [n, D] of x with the origin [D] that they are relative to.
struct Rows {
  const float* x;
  int64_t n, d;
  const float* origin;
  Rows part(int64_t begin, int64_t end) const { return {x + begin * d, end - begin, d, origin}; }
};

// Adds the columns up, and the magnitudes of their entries: a column is 0 where those come to 0.
void addColumns(const Rows& rows, float* __restrict total, float* __restrict size) {
  for (int64_t p = 0; p < rows.n; p++) {
    const float* row = rows.x + p * rows.d;
    for (int64_t j = 0; j < rows.d; j++) {
      const float value = row[j] - rows.origin[j];
      total[j] += value;
      size[j] += std::fabs(value);
    }
  }
}

// Adds to the sums, and finds the columns that are not 0. Returns how many.
int64_t findLive(const Rows& rows, Scatter& to) {
  std::fill(to.size.begin(), to.size.end(), 0.0f);
  for (int64_t start = 0; start < rows.n; start += DEPTH) {
    std::fill(to.total.begin(), to.total.end(), 0.0f);
    addColumns(rows.part(start, std::min(rows.n, start + DEPTH)), to.total.data(), to.size.data());
    for (int64_t j = 0; j < rows.d; j++) to.sums[j] += to.total[j];
  }
  int64_t count = 0;
  for (int64_t j = 0; j < rows.d; j++) {
    if (to.size[j] != 0) to.live[count++] = j;
  }
  return count;
}

// packPanels of some columns, less the origin.
void packLive(const Rows& rows, const int32_t* live, int64_t count, float* __restrict packed) {
  for (int64_t start = 0; start < count; start += PANEL) {
    // The columns that pad the last panel are 0, as any column less itself is.
    int32_t columns[PANEL];
    float origin[PANEL], factor[PANEL];
    for (int64_t j = 0; j < PANEL; j++) {
      columns[j] = live[std::min(start + j, count - 1)];
      origin[j] = rows.origin[columns[j]];
      factor[j] = start + j < count;
    }
    for (int64_t p = 0; p < rows.n; p++, packed += PANEL) {
      const float* row = rows.x + p * rows.d;
      for (int64_t j = 0; j < PANEL; j++) packed[j] = (row[columns[j]] - origin[j]) * factor[j];
    }
  }
}

void addBlock(const Rows& rows, Scatter& to) {
  const int64_t count = findLive(rows, to);
  const int64_t stride = paddedTo(count);
  std::fill_n(to.block.get(), stride * stride, 0.0f);
  for (int64_t start = 0; start < rows.n; start += DEPTH) {
    const Rows part = rows.part(start, std::min(rows.n, start + DEPTH));
    packLive(part, to.live.data(), count, to.packed.get());
    symmetricProduct(to.packed.get(), part.n, count, to.block.get());
  }
  for (int64_t r = 0; r < count; r++) {
    const int64_t i = to.live[r];
    double* row = to.products.get() + i * (i + 1) / 2;
    for (int64_t c = 0; c <= r; c++) row[to.live[c]] += to.block[r * stride + c];
  }
}

// Each thread's rows are consecutive, so that the sums are the same in every run.
std::vector<Scatter> scatters(const Rows& rows) {
  const int64_t grains = (rows.n + DEPTH - 1) / DEPTH;
  // A share's matrices take 8 D^2 bytes: with many processors they must not outgrow the rows.
  const int64_t most = std::max<int64_t>(2, rows.n / (16 * rows.d));
  const int64_t parts = std::min<int64_t>({threads(), grains, most});
  std::vector<Scatter> each;
  for (int64_t part = 0; part < parts; part++) each.emplace_back(rows.d);
  parallel(parts, 1, [&](int64_t from, int64_t to) {
    for (int64_t part = from; part < to; part++) {
      std::fill_n(each[part].products.get(), rows.d * (rows.d + 1) / 2, 0.0);
      const int64_t end = std::min(rows.n, grains * (part + 1) / parts * DEPTH);
      for (int64_t start = grains * part / parts * DEPTH; start < end; start += BLOCK) {
        addBlock(rows.part(start, std::min(end, start + BLOCK)), each[part]);
      }
    }
  });
  return each;
}

// Adds up what the threads found, of `size` numbers each.
template <class Field>
void writeSum(Context* context, int index, int64_t size, const std::vector<Scatter>& each, Field field) {
  double* totals = rawOutput(context, index, {size});
  std::fill_n(totals, size, 0.0);
  for (const Scatter& one : each) {
    for (int64_t at = 0; at < size; at++) totals[at] += (one.*field)[at];
  }
}

// x [N, D], range [2] the first row and how many, origin [D] -> sums of the columns of x - origin [D], and the lower
// triangle of its scatter matrix [D (D + 1) / 2], row by row; float64, as they lie in memory.
void compute(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2);
  const int64_t first = range.ints()[0], n = range.ints()[1], d = x.dim(1);
  const std::vector<Scatter> each = scatters({x.floats() + first * d, n, d, origin.floats()});
  writeSum(context, 0, d, each, &Scatter::sums);
  writeSum(context, 1, d * (d + 1) / 2, each, &Scatter::products);
}

}  // namespace

LATENT_KERNEL(LatentScatter, compute,
              {"x: float", "range: int32", "origin: float"},
              {"sums: float", "scatter: float"})

}  // namespace latent
