// Random swaps, all of several starts in a call: src/cluster/swap.ts says what is done, and calls this.
#include "clusters.h"
#include "packed.h"

namespace latent {
namespace {

// Lloyd's iterations after which a swap is judged.
constexpr int ITERATIONS = 10;
// A smaller gain is rounding.
constexpr double GAIN = 1e-6;
// A cluster of less of the weight has none but what rounding left.
constexpr double FAINT = 1e-12;

struct Data : PackedRows {
  explicit Data(const Rows& rows) : PackedRows(rows), stride((n + ROWS - 1) / ROWS * ROWS), weighty(stride) {
    for (int64_t i = 0; i < n; i++) total += weighty[i] = weight(i);
  }

  int64_t stride;               // N, rounded up to whole blocks
  std::vector<double> weighty;  // [stride] the weights, and 0
  double total = 0;             // of them
};

// Centres with the rows that are nearest to them.
struct Clustering {
  Clustering(const Data& data, const float* centers, int64_t k)
      : centers(centers, centers + k * data.d), distances(k * data.stride), labels(data.stride), sums(k, data.d) {}

  int64_t k() const { return sums.counts.size(); }
  bool hasRows(const Data& data, int64_t c) const { return sums.counts[c] > FAINT * data.total; }

  std::vector<float> centers;    // [K, D]
  std::vector<float> distances;  // [K, stride] squared
  std::vector<int32_t> labels;   // [stride]
  ClusterSums sums;
  double inertia = 0;  // of the labels, about the means
};

// Squared distances of all rows to points [M, D], each to an array of its own [stride].
void measure(const Data& data, const std::vector<float>& points, const std::vector<float*>& out) {
  if (out.empty()) return;
  const Points packed(points.data(), out.size(), data.d, true);
  Comparison block(packed);
  for (int64_t i = 0; i < data.n; i += ROWS) {
    data.compare(i, data.n, packed, block);
    for (size_t p = 0; p < out.size(); p++) std::copy_n(&block.distances[p * ROWS], ROWS, out[p] + i);
  }
}

// Rows [i, i + LANES) to the label of their nearest centre; one that changes marks both clusters.
void relabel(const Data& data, int64_t i, IntVector nearest, Clustering& now, std::vector<bool>& changed) {
  IntVector labels;
  std::memcpy(&labels, &now.labels[i], sizeof labels);
  const Bytes differ = __builtin_convertvector(labels != nearest, Bytes);
  uint64_t lanes[(LANES + 7) / 8] = {};
  std::memcpy(lanes, &differ, sizeof differ);
  for (int half = 0; half < (LANES + 7) / 8; half++) {
    for (uint64_t left = lanes[half]; left != 0;) {
      const int lane = __builtin_ctzll(left) / 8;
      left &= ~(0xffull << 8 * lane);
      const int64_t row = i + 8 * half + lane;
      if (row >= data.n) return;
      const int32_t before = now.labels[row], label = nearest[8 * half + lane];
      moveRow(data, row, before, label, now.sums);
      changed[before] = changed[label] = true;
      now.labels[row] = label;
    }
  }
}

// |mean - c|^2 of a cluster.
double squaredMove(const Data& data, const Clustering& now, int64_t c) {
  const double* sum = &now.sums.rows[c * data.d];
  const float* center = &now.centers[c * data.d];
  const double share = 1 / now.sums.counts[c];
  double squared = 0;
  for (int64_t j = 0; j < data.d; j++) squared += (sum[j] * share - center[j]) * (sum[j] * share - center[j]);
  return squared;
}

// Rows to their nearest centres. Returns which clusters have other rows than before.
std::vector<bool> assign(const Data& data, Clustering& now) {
  std::vector<bool> changed(now.k());
  double squared[LANES] = {};
  for (int64_t i = 0; i < data.n; i += LANES) {
    Vector best = load(&now.distances[i]);
    IntVector nearest{}, center{};
    for (int64_t c = 1; c < now.k(); c++) {
      center += 1;
      const Vector distance = load(&now.distances[c * data.stride + i]);
      const IntVector nearer = distance < best;
      best = nearer ? distance : best;
      nearest = nearer ? center : nearest;
    }
    for (int l = 0; l < LANES; l++) squared[l] += data.weighty[i + l] * best[l];
    relabel(data, i, nearest, now, changed);
  }
  now.inertia = 0;
  for (double part : squared) now.inertia += part;
  for (int64_t c = 0; c < now.k(); c++) {
    if (now.hasRows(data, c)) now.inertia -= now.sums.counts[c] * squaredMove(data, now, c);
  }
  return changed;
}

// Some centres to the means of their rows. One without rows stays.
void move(const Data& data, const std::vector<bool>& which, Clustering& now) {
  std::vector<float> means;
  std::vector<float*> columns;
  for (int64_t c = 0; c < now.k(); c++) {
    if (!which[c] || !now.hasRows(data, c)) continue;
    for (int64_t at = c * data.d; at < (c + 1) * data.d; at++) {
      now.centers[at] = static_cast<float>(now.sums.rows[at] / now.sums.counts[c]);
      means.push_back(now.centers[at]);
    }
    columns.push_back(&now.distances[c * data.stride]);
  }
  measure(data, means, columns);
}

// A few of Lloyd's iterations, the first of distances that are known; fewer where half the last one's gain in each that is left
// would not lead below `toBeat`. Returns which centres are still to be moved.
std::vector<bool> improve(const Data& data, Clustering& now, double toBeat) {
  std::vector<bool> changed = assign(data, now);
  for (int left = ITERATIONS - 1; left > 0 && std::find(changed.begin(), changed.end(), true) != changed.end();) {
    const double before = now.inertia;
    move(data, changed, now);
    changed = assign(data, now);
    left--;
    if (now.inertia - left * (before - now.inertia) / 2 > toBeat) break;
  }
  return changed;
}

Clustering begin(const Data& data, const float* centers, int64_t k) {
  Clustering now(data, centers, k);
  std::vector<float*> columns;
  for (int64_t c = 0; c < k; c++) columns.push_back(&now.distances[c * data.stride]);
  measure(data, now.centers, columns);
  for (int64_t i = 0; i < data.n; i++) addRow(data, i, 0, now.sums);
  move(data, improve(data, now, std::numeric_limits<double>::infinity()), now);
  return now;
}

// What is to be known of a clustering for any swap: the nearest centres, and the squared distances to them and to the next.
struct Near {
  Near(const Data& data, const Clustering& now) : labels(data.stride), first(data.stride), second(data.stride) {
    const Vector none = all(std::numeric_limits<float>::infinity());
    for (int64_t i = 0; i < data.n; i += LANES) {
      Vector best = none, next = none;
      IntVector nearest{}, center{};
      for (int64_t c = 0; c < now.k(); c++, center += 1) {
        const Vector distance = load(&now.distances[c * data.stride + i]);
        const IntVector nearer = distance < best;
        const Vector farther = nearer ? best : distance;
        best = nearer ? distance : best;
        nearest = nearer ? center : nearest;
        next = farther < next ? farther : next;
      }
      std::memcpy(&labels[i], &nearest, sizeof nearest);
      store(&first[i], best);
      store(&second[i], next);
    }
  }

  std::vector<int32_t> labels;       // [stride]
  std::vector<float> first, second;  // [stride]
};

// The centre without which the inertia is lowest, once there is a new one at these squared distances [N].
int64_t leastMissed(const Data& data, const Near& near, const float* distances, int64_t k) {
  std::vector<double> missed(k);
  for (int64_t i = 0; i < data.n; i++) {
    const float first = near.first[i], second = near.second[i], added = distances[i];
    const float loss = std::min(added, second) - std::min(added, first);
    missed[near.labels[i]] += data.weighty[i] * loss;
  }
  return std::min_element(missed.begin(), missed.end()) - missed.begin();
}

// @param draws [trials] from [0, 1), as two float32 each
Clustering search(const Data& data, const float* start, int64_t k, const float* high, const float* low, int64_t trials) {
  Clustering best = begin(data, start, k), tried = best;
  Near near(data, best);
  Lottery lottery(data, near.first.data());
  std::vector<float> added(data.stride);
  for (int64_t trial = 0; trial < trials && best.inertia > 0; trial++) {
    const int32_t row = lottery.row(high[trial], low[trial]);
    const std::vector<float> center = data.values(&row, 1);
    measure(data, center, {added.data()});
    const int64_t out = leastMissed(data, near, added.data(), k);
    tried = best;
    std::copy(center.begin(), center.end(), &tried.centers[out * data.d]);
    std::copy(added.begin(), added.end(), &tried.distances[out * data.stride]);
    const std::vector<bool> moving = improve(data, tried, best.inertia);
    if (!(tried.inertia < best.inertia * (1 - GAIN))) continue;
    move(data, moving, tried);
    std::swap(best, tried);
    near = Near(data, best);
    lottery = Lottery(data, near.first.data());
  }
  return best;
}

// Inputs: x [N, D], origin [D], weights [2, N] or [0], starts [S, K, D] relative to the origin, draws [2, S, trials] from
//   [0, 1), as two float32 each.
// Outputs: the centres [S, K, D], and the inertia about them [S].
void randomSwap(Context* context) {
  const Input x(context, 0), origin(context, 1), weights(context, 2), starts(context, 3), draws(context, 4);
  const int64_t count = starts.dim(0), k = starts.dim(1), d = starts.dim(2), trials = draws.dim(2);
  const Data data(Rows(x, 0, x.dim(0), origin, weights));
  float* centers = floatOutput(context, 0, {count, k, d});
  float* inertia = floatOutput(context, 1, {count});
  parallelIndexed(count, 1, [&](int, int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; s++) {
      const float *high = draws.floats() + s * trials, *low = high + count * trials;
      const Clustering best = search(data, starts.floats() + s * k * d, k, high, low, trials);
      std::copy(best.centers.begin(), best.centers.end(), centers + s * k * d);
      inertia[s] = static_cast<float>(best.inertia);
    }
  });
}

}  // namespace

LATENT_KERNEL(LatentRandomSwap, randomSwap,
              {"x: float", "origin: float", "weights: float", "starts: float", "draws: float"},
              {"centers: float", "inertia: float"})

}  // namespace latent
