// Lloyd's iterations, several in a call: those of small data take less time than a call. src/cluster/ahead.ts calls this,
// src/cluster/lloyd.ts says what an iteration is.
#include <memory>

#include "compare.h"

namespace latent {
namespace {

// Up to so many numbers, rows are packed once for all iterations of a call (4 MiB).
constexpr int64_t PACKED = 1 << 20;

struct Data {
  const float* x;        // [N, D]
  const float* origin;   // [D]
  const float* weights;  // [2, N] whole numbers, as two float32 each, or null: all 1
  int64_t n, d;
  float* packed;  // [N / ROWS rounded up, D, ROWS] from the first pass on, or null

  double weight(int64_t i) const {
    return weights == nullptr ? 1 : static_cast<double>(weights[i]) + static_cast<double>(weights[n + i]);
  }
};

// What rows add up to, by their labels. Of whole weights, counts come back to 0.
struct Sums {
  explicit Sums(const Points& centers) : rows(centers.k * centers.d), counts(centers.k) {}
  std::vector<double> rows;    // [K, D] of w x
  std::vector<double> counts;  // [K] of w
  double squares = 0;          // of w |x|^2
  double changed = 0;          // rows with a new label
};

void addRow(const Data& data, int64_t i, int32_t label, Sums& sums) {
  const float* row = data.x + i * data.d;
  double* sum = &sums.rows[label * data.d];
  const double weight = data.weight(i);
  double squared[8] = {};  // one sum alone would wait for itself
  int64_t j = 0;
  for (; j + 8 <= data.d; j += 8) {
    for (int l = 0; l < 8; l++) {
      const double value = row[j + l] - data.origin[j + l];
      sum[j + l] += weight * value;
      squared[l] += value * value;
    }
  }
  for (; j < data.d; j++) {
    const double value = row[j] - data.origin[j];
    sum[j] += weight * value;
    squared[0] += value * value;
  }
  for (int l = 1; l < 8; l++) squared[0] += squared[l];
  sums.counts[label] += weight;
  sums.squares += weight * squared[0];
}

void moveRow(const Data& data, int64_t i, int32_t from, int32_t to, Sums& sums) {
  const float* row = data.x + i * data.d;
  double *before = &sums.rows[from * data.d], *now = &sums.rows[to * data.d];
  const double weight = data.weight(i);
  for (int64_t j = 0; j < data.d; j++) {
    const double value = weight * (row[j] - data.origin[j]);
    before[j] -= value;
    now[j] += value;
  }
  sums.counts[from] -= weight;
  sums.counts[to] += weight;
}

// Rows [begin, end) to their nearest centres. Sums get all of them the first time, later what changes.
void passOver(const Data& data, const Points& centers, const int32_t* before, int32_t* now, bool first, int64_t begin,
              int64_t end, Sums& sums) {
  Comparison block(centers);
  for (int64_t i = begin; i < end; i += ROWS) {
    block.count = static_cast<int>(std::min<int64_t>(ROWS, end - i));
    for (int r = 0; r < ROWS; r++) block.rows[r] = static_cast<int32_t>(i) + r;
    if (data.packed == nullptr) {
      block.compare(data.x, data.origin, centers);
    } else {
      float* packed = data.packed + i * data.d;
      if (first) block.pack(data.x, data.origin, data.d, packed);
      block.compare(packed, centers);
    }
    IntVector labels[2] = {block.nearest(centers.k, 0), block.nearest(centers.k, 1)};
    std::memcpy(now + i, labels, block.count * sizeof(int32_t));
    int changed = 0;
    for (int64_t row = i; row < i + block.count; row++) changed += now[row] != before[row];
    sums.changed += changed;
    for (int64_t row = i; first && row < i + block.count; row++) addRow(data, row, now[row], sums);
    for (int64_t row = i; !first && changed > 0 && row < i + block.count; row++) {
      if (now[row] != before[row]) moveRow(data, row, before[row], now[row], sums);
    }
  }
}

// All rows, by all threads.
void passOver(const Data& data, const Points& centers, const int32_t* before, int32_t* now, bool first, Sums& sums) {
  std::vector<Sums> parts(threads(), Sums(centers));
  parallelIndexed(data.n, shareOf(data.n, centers.k * data.d), [&](int part, int64_t begin, int64_t end) {
    passOver(data, centers, before, now, first, begin, end, parts[part]);
  });
  sums.changed = 0;
  for (const Sums& part : parts) {
    for (size_t at = 0; at < sums.rows.size(); at++) sums.rows[at] += part.rows[at];
    for (int64_t c = 0; c < centers.k; c++) sums.counts[c] += part.counts[c];
    sums.squares += part.squares;
    sums.changed += part.changed;
  }
}

// Where iterations have come to.
struct Run {
  std::vector<double> centers;  // [K, D]
  double shift = 0;             // the sum of |move|^2 of the last one
  double done = 0;              // 1: no row changed, or centres moved little
  std::vector<double> history;  // the inertia after each
};

// The means, and the inertia about them: the squares' sum less that of the means.
void moveCenters(const Sums& sums, const std::vector<float>& seen, double tolerance, Run& run) {
  const int64_t k = sums.counts.size(), d = seen.size() / k;
  double inertia = sums.squares;
  run.shift = 0;
  for (int64_t at = 0; at < k * d; at++) {
    const double mean = sums.rows[at] / sums.counts[at / d];
    inertia -= sums.rows[at] * mean;
    run.shift += (mean - seen[at]) * (mean - seen[at]);
    if (sums.changed > 0) run.centers[at] = mean;
  }
  run.history.push_back(std::max(0., inertia));
  run.done = sums.changed == 0 || run.shift <= tolerance;
}

// Up to `most` iterations; before one that would empty a cluster it ends. Labels [N] are those of the last one.
void iterate(const Data& data, int64_t k, int64_t most, double tolerance, int32_t* labels, Run& run) {
  std::vector<int32_t> other(data.n);
  std::vector<float> seen(k * data.d);
  int32_t *before = labels, *now = other.data();
  std::unique_ptr<Sums> sums;
  for (int64_t pass = 0; pass < most && run.done == 0; pass++) {
    std::copy(run.centers.begin(), run.centers.end(), seen.begin());
    const Points centers(seen.data(), k, data.d, true);
    if (!sums) sums = std::make_unique<Sums>(centers);
    passOver(data, centers, before, now, pass == 0, *sums);
    if (*std::min_element(sums->counts.begin(), sums->counts.end()) == 0) break;
    moveCenters(*sums, seen, tolerance, run);
    std::swap(before, now);
  }
  if (before != labels) std::copy_n(before, data.n, labels);
}

// Inputs: x [N, D], origin [D], weights [2, N] or [0], centers [2, K, D] as two float32 each, labels [N] changed in place
//   (-1: none yet), stop [3]: how many iterations at most, the tolerance (as two).
// Output [2, K D + 2 + iterations], as two float32 each: the centres, the last one's shift, whether it was the last, and
//   the inertia after each.
void lloyd(Context* context) {
  const Input x(context, 0), origin(context, 1), weights(context, 2), centers(context, 3), labels(context, 4);
  const Input stop(context, 5);
  const int64_t n = x.dim(0), d = x.dim(1), k = centers.dim(1), size = k * d;
  const std::unique_ptr<float[]> packed(n * d <= PACKED ? new float[(n + ROWS - 1) / ROWS * ROWS * d] : nullptr);
  const Data data{x.floats(), origin.floats(), weights.size() > 0 ? weights.floats() : nullptr, n, d, packed.get()};
  Run run;
  for (int64_t at = 0; at < size; at++) {
    run.centers.push_back(static_cast<double>(centers.floats()[at]) + centers.floats()[size + at]);
  }
  const float* s = stop.floats();
  iterate(data, k, static_cast<int64_t>(s[0]), static_cast<double>(s[1]) + s[2], labels.ints(), run);

  std::vector<double> out = std::move(run.centers);
  out.insert(out.end(), {run.shift, run.done});
  out.insert(out.end(), run.history.begin(), run.history.end());
  const int64_t length = out.size();
  float* numbers = floatOutput(context, 0, {2, length});
  for (int64_t at = 0; at < length; at++) split(out[at], numbers + at, numbers + length + at);
}

}  // namespace

LATENT_KERNEL(LatentLloyd, lloyd,
              {"x: float", "origin: float", "weights: float", "centers: float", "labels: int32",
               "stop: float"},
              {"run: float"})

}  // namespace latent
