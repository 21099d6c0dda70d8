// Sums of Euclidean distances of some rows to the members of clusters, by products: src/metrics/kernelDistances.ts.
#include "product.h"

namespace latent {
namespace {

// Rows that are multiplied with a panel of the block at once: they stay in the second cache, and their
// distances are summed up in float32 before they are added in float64.
constexpr int64_t ROWS = 256;

// Rows of x [N, D] as they are wanted, less a centre.
struct Rows {
  const float* x;
  int64_t d;
  const float* center;  // [D]
  // Writes row i [D] of x; returns its squared norm.
  float copy(int32_t i, float* to) const {
    const float* from = x + i * d;
    Vector squares = {};
    float norm = 0;
    int64_t j = 0;
    for (; j + LANES <= d; j += LANES) {
      const Vector value = load(from + j) - load(center + j);
      store(to + j, value);
      squares += value * value;
    }
    for (; j < d; j++) {
      to[j] = from[j] - center[j];
      norm += to[j] * to[j];
    }
    for (int l = 0; l < LANES; l++) norm += squares[l];
    return norm;
  }
};

std::vector<float> meanOf(const float* x, int64_t d, const std::vector<int32_t>& rows) {
  std::vector<double> sums(d);
  for (int32_t i : rows) {
    for (int64_t j = 0; j < d; j++) sums[j] += x[i * d + j];
  }
  std::vector<float> mean(d);
  for (int64_t j = 0; j < d; j++) mean[j] = sums[j] / rows.size();
  return mean;
}

// The rows whose sums are wanted, side by side, feature by feature.
struct Block {
  Block(const Rows& all, const std::vector<int32_t>& rows)
      : panels(panelsOf(rows.size())), packed(panels * PANEL * all.d), norms(panels * PANEL), ids(panels * PANEL, -1) {
    std::copy(rows.begin(), rows.end(), ids.begin());
    parallel(panels, 1, [&](int64_t begin, int64_t end) {
      std::vector<float> row(all.d);
      for (int64_t i = begin * PANEL; i < std::min<int64_t>(end * PANEL, rows.size()); i++) {
        norms[i] = all.copy(rows[i], row.data());
        float* to = &packed[i / PANEL * PANEL * all.d + i % PANEL];
        for (int64_t p = 0; p < all.d; p++) to[p * PANEL] = row[p];
      }
    });
  }
  int64_t panels;
  std::vector<float> packed;  // [panels, D, PANEL]
  std::vector<float> norms;   // [panels, PANEL]
  std::vector<int32_t> ids;   // [panels, PANEL] which row it is
};

// Rows that the distances are taken to.
struct Others {
  explicit Others(int64_t d) : x(ROWS * d), norms(ROWS) {}
  void read(const Rows& all, const int32_t* rows, int64_t count, int64_t first) {
    ids = rows;
    n = count;
    start = first;
    for (int64_t i = 0; i < n; i++) norms[i] = all.copy(rows[i], &x[i * all.d]);
  }
  int64_t n, start;    // how many, and their place among all
  const int32_t* ids;  // [n] which rows they are
  std::vector<float> x, norms;
};

// Which clusters the rows are in, one of each labeling: codes [L, M], numbers below W in all.
struct Labels {
  const int32_t* codes;
  int64_t count, m, width;
};

// Adds the distances of a panel's rows to the others, cluster by cluster, to `sums` [W, PANEL].
void addPanel(const Block& block, int64_t panel, const Others& others, int64_t d, const Labels& labels, float* sums) {
  const float* norms = &block.norms[panel * PANEL];
  const int32_t* ids = &block.ids[panel * PANEL];
  const auto take = [&](int64_t start, const Tile<PANEL_VECTORS>& products) {
    for (int64_t i = 0; i < std::min<int64_t>(TILE_ROWS, others.n - start); i++) {
      Vector distances[PANEL_VECTORS];
      for (int v = 0; v < PANEL_VECTORS; v++) {
        IntVector own;
        std::memcpy(&own, ids + v * LANES, sizeof own);
        const Vector square = all(others.norms[start + i]) + load(norms + v * LANES) - 2 * products.rows[i][v];
        // A row is at no distance from itself, which products do not know.
        distances[v] = root(own != others.ids[start + i] && square > 0 ? square : Vector{});
      }
      const int32_t* code = labels.codes + others.start + start + i;
      for (int64_t l = 0; l < labels.count; l++, code += labels.m) {
        float* sum = sums + *code * PANEL;
        for (int v = 0; v < PANEL_VECTORS; v++) store(sum + v * LANES, load(sum + v * LANES) + distances[v]);
      }
    }
  };
  multiplyPanel(others.x.data(), others.n, d, d, &block.packed[panel * PANEL * d], take);
}

// x [N, D], order [M] which of its rows are points, block [n] places of points, range [2] the first point and
// how many, codes [L, M] below W, width [] W -> [2, n, W]: for each row of the block the sum of its distances to
// those points of each cluster, float64 in two parts.
void clusterDistances(Context* context) {
  const Input x(context, 0), order(context, 1), places(context, 2), range(context, 3), codes(context, 4);
  const Input wide(context, 5);
  const int64_t d = x.dim(1), n = places.size(), width = *wide.ints();
  const int64_t first = range.ints()[0], last = first + range.ints()[1];
  const Labels labels{codes.ints(), codes.dim(0), codes.dim(1), width};
  std::vector<int32_t> rows(n);
  for (int64_t i = 0; i < n; i++) rows[i] = order.ints()[places.ints()[i]];
  const std::vector<float> center = meanOf(x.floats(), d, rows);
  const Rows all{x.floats(), d, center.data()};
  const Block block(all, rows);
  float* high = floatOutput(context, 0, {2, n, width});
  parallel(block.panels, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> totals((end - begin) * width * PANEL);
    std::vector<float> sums(width * PANEL);
    Others others(d);
    for (int64_t start = first; start < last; start += ROWS) {
      others.read(all, order.ints() + start, std::min(ROWS, last - start), start);
      for (int64_t panel = begin; panel < end; panel++) {
        std::fill(sums.begin(), sums.end(), 0.f);
        addPanel(block, panel, others, d, labels, sums.data());
        double* total = &totals[(panel - begin) * width * PANEL];
        for (int64_t at = 0; at < width * PANEL; at++) total[at] += sums[at];
      }
    }
    for (int64_t i = begin * PANEL; i < std::min(n, end * PANEL); i++) {
      const double* total = &totals[(i / PANEL - begin) * width * PANEL + i % PANEL];
      for (int64_t c = 0; c < width; c++) split(total[c * PANEL], high + i * width + c, high + (n + i) * width + c);
    }
  });
}

}  // namespace

LATENT_KERNEL(LatentClusterDistances, clusterDistances,
              {"x: float", "order: int32", "block: int32", "range: int32", "codes: int32", "width: int32"},
              {"sums: float"})

}  // namespace latent
