// A pass of Lloyd's iteration over rows that remember bounds: src/cluster/yinyang.ts says what the bounds are, and does the
// same by tensor operations; src/cluster/kernel.ts calls this.
#include <algorithm>
#include <cmath>
#include <limits>

#include "compare.h"
#include "rows.h"

namespace latent {
namespace {

constexpr float INF = std::numeric_limits<float>::infinity();
// Bounds are held in float32: a little lower than they are, so that they stay bounds.
constexpr double DOWN = 1 - 1.0 / (1 << 22);

// Up to so many numbers of centres, distances are sums of squared differences.
constexpr int64_t BY_DIFFERENCES = 1024;

// Squared distances by products are off by up to this much of |x|^2 + |c|^2, those by differences of themselves.
constexpr float ROUNDING = 2e-6f;

// From so many centres on, the distance to the own one is worth computing before all of them are.
constexpr int64_t TIGHTENED = 64;

// The numbers of levels.ts: a distance as a byte.
constexpr int DROPPED = 19;
constexpr int BELOW = ((127 - 14) << 4) - 1;
constexpr int LAST = 254;

template <typename To, typename From>
static inline To bits(From from) {
  To to;
  static_assert(sizeof to == sizeof from, "as many bytes");
  std::memcpy(&to, &from, sizeof to);
  return to;
}

struct Pass : Rows {
  const float* centers;  // [K, D]
  int64_t k, groups;
  // What rows remember, changed in place.
  int32_t* labels;  // [n] -1: none yet
  int32_t* since;   // [n] the pass in which the row was compared with all centres
  uint8_t* gaps;    // [n, stride] how much farther than its own centre the others of a group then were
  float* upper;     // [n] above the distance to its own centre then
  float* until;     // [n] how far its centre and the fastest may have moved before the bounds need be looked at
  // How centres have moved.
  const int32_t* firsts;  // [G + 1] the first centre of each group
  const float* own;       // [passes, K]
  const float* farthest;  // [passes, stride]
  const float* moved;     // [2, K] in all, as two float32 each
  double fastest;
  float scale;  // of distances, before they become levels
  int32_t pass;
  bool anew;  // sums are of all rows, not of those with a new label
  int64_t stride;
  Points points;  // the centres
};

// What the rows of one thread add up to.
struct Sums {
  explicit Sums(const Pass& pass) : sums(pass.k * pass.d), totals(pass.k + 2) {}
  std::vector<double> sums;    // [K, D] of w (x - c)
  std::vector<double> totals;  // [K + 2] counts, and the inertia and how many changed

  double* counts() { return totals.data(); }
  double& inertia() { return totals.end()[-2]; }
  double& changed() { return totals.end()[-1]; }
};

// Buffers of one thread for a block of ROWS rows.
struct Block : Comparison {
  explicit Block(const Pass& pass)
      : Comparison(pass.points), least(pass.groups * ROWS), numbers(pass.groups * LANES) {}
  std::vector<float> least;      // [G, ROWS] of a group's centres but the nearest of all
  std::vector<uint8_t> numbers;  // [G, LANES] levels
};

static inline Vector least(Vector a, Vector b) { return a < b ? a : b; }

// Nearest centres, the first of several, and of each group the nearest of the others.
void nearestOfGroups(const Pass& pass, Block& block, int half, IntVector* labels, Vector* distances) {
  IntVector nearest{}, group{};
  Vector best = all(INF), next = all(INF);
  for (int64_t g = 0; g < pass.groups; g++) {
    Vector first = all(INF), second = all(INF);
    IntVector which{};
    for (int64_t c = pass.firsts[g]; c < pass.firsts[g + 1]; c++) {
      const Vector distance = load(&block.distances[c * ROWS + half * LANES]);
      const IntVector nearer = distance < first;
      second = nearer ? first : least(second, distance);
      first = nearer ? distance : first;
      which = nearer ? IntVector{} + static_cast<int32_t>(c) : which;
    }
    store(&block.least[g * ROWS + half * LANES], first);
    const IntVector nearer = first < best;
    best = nearer ? first : best;
    next = nearer ? second : next;
    nearest = nearer ? which : nearest;
    group = nearer ? IntVector{} + static_cast<int32_t>(g) : group;
  }
  for (int l = 0; l < LANES; l++) block.least[group[l] * ROWS + half * LANES + l] = next[l];
  *labels = nearest;
  *distances = best;
}

// Bounds of rows that were compared, as the numbers of levels.
void remember(const Pass& pass, Block& block, int half, Vector best) {
  const Vector none{};
  const Vector norm = pass.points.byDifferences ? none : block.norms[half];
  const Vector slack = all(ROUNDING) * (norm + all(pass.points.byDifferences ? 0 : pass.points.largest));
  const Vector high = all(pass.points.byDifferences ? 1 + ROUNDING : 1);
  const Vector low = all(pass.points.byDifferences ? 1 - ROUNDING : 1);
  const Vector above = (norm + best + slack) * high;
  const Vector upper = root(above > 0 ? above : none) / all(static_cast<float>(DOWN));
  const int lanes = std::min(LANES, block.count - half * LANES);
  for (int64_t g = 0; g < pass.groups; g++) {
    const Vector distance = load(&block.least[g * ROWS + half * LANES]);
    const Vector below = (norm + distance - slack) * low;
    const Vector lower = root(below > 0 ? below : none) * all(static_cast<float>(DOWN));
    IntVector level = (bits<IntVector>((lower - upper) * all(pass.scale)) >> DROPPED) - BELOW;
    level = level < 0 ? IntVector{} : level > LAST ? IntVector{} + LAST : level;
    level = distance == all(INF) ? IntVector{} + (LAST + 1) : level;
    const Bytes numbers = __builtin_convertvector(level, Bytes);
    std::memcpy(&block.numbers[g * LANES], &numbers, sizeof numbers);
  }
  for (int l = 0; l < lanes; l++) {
    const int32_t i = block.rows[half * LANES + l];
    uint8_t* gaps = pass.gaps + i * pass.stride;
    for (int64_t g = 0; g < pass.groups; g++) gaps[g] = block.numbers[g * LANES + l];
    pass.upper[i] = upper[l];
    pass.since[i] = pass.pass;
    pass.until[i] = 0;
  }
}

// w (x - c) is added to a cluster's sum; what is returned is w |x - c|^2.
double addRow(const Pass& pass, int64_t i, int32_t label, double weight, Sums& sums) {
  const float* row = pass.x + i * pass.d;
  const float* center = pass.centers + label * pass.d;
  double* sum = &sums.sums[label * pass.d];
  double squared[4] = {};
  int64_t j = 0;
  for (; j + 4 <= pass.d; j += 4) {
    for (int l = 0; l < 4; l++) {
      const double away = static_cast<double>(row[j + l] - pass.origin[j + l]) - center[j + l];
      sum[j + l] += weight * away;
      squared[l] += away * away;
    }
  }
  for (; j < pass.d; j++) {
    const double away = static_cast<double>(row[j] - pass.origin[j]) - center[j];
    sum[j] += weight * away;
    squared[0] += away * away;
  }
  return weight * (squared[0] + squared[1] + squared[2] + squared[3]);
}

void relabel(const Pass& pass, int64_t i, int32_t label, Sums& sums) {
  const int32_t before = pass.labels[i];
  const double weight = pass.weight(i);
  pass.labels[i] = label;
  if (weight == 0) return;
  sums.changed()++;
  if (pass.anew) return;
  sums.counts()[before] -= weight;
  sums.counts()[label] += weight;
  sums.inertia() += addRow(pass, i, before, -weight, sums);
  sums.inertia() += addRow(pass, i, label, weight, sums);
}

void compare(const Pass& pass, Block& block, Sums& sums) {
  block.compare(pass.x, pass.origin, pass.points);
  IntVector nearest[2];
  Vector distances[2];
  if (pass.groups == 0) block.nearest(pass.k, nearest, distances);
  for (int half = 0; half < 2; half++) {
    if (pass.groups > 0) {
      nearestOfGroups(pass, block, half, &nearest[half], &distances[half]);
      remember(pass, block, half, distances[half]);
    }
    const IntVector labels = nearest[half];
    const int32_t* rows = block.rows + half * LANES;
    const int lanes = std::clamp(block.count - half * LANES, 0, LANES);
    const bool inSequence = lanes == LANES && rows[LANES - 1] - rows[0] == LANES - 1;
    if (inSequence && std::memcmp(pass.labels + rows[0], &labels, sizeof labels) == 0) continue;
    for (int l = 0; l < lanes; l++) {
      if (pass.labels[rows[l]] != labels[l]) relabel(pass, rows[l], labels[l], sums);
    }
  }
  block.count = 0;
}

// A little above the distance of a row to a centre.
float distanceTo(const Pass& pass, int64_t i, int32_t label) {
  const float* row = pass.x + i * pass.d;
  const float* center = pass.centers + label * pass.d;
  Vector squared{};
  int64_t j = 0;
  for (; j + LANES <= pass.d; j += LANES) {
    const Vector away = load(row + j) - load(pass.origin + j) - load(center + j);
    squared += away * away;
  }
  float total = 0;
  for (; j < pass.d; j++) {
    const float away = row[j] - pass.origin[j] - center[j];
    total += away * away;
  }
  for (int l = 0; l < LANES; l++) total += squared[l];
  return std::sqrt(total * (1 + ROUNDING));
}

// Whether bounds do not show that a row stays where it is.
bool fails(const Pass& pass, int64_t i) {
  const int32_t label = pass.labels[i];
  if (label < 0) return true;
  const double total = static_cast<double>(pass.moved[label]) + pass.moved[pass.k + label] + pass.fastest;
  if (total < pass.until[i]) return false;
  const int64_t before = pass.since[i];
  const float* farthest = pass.farthest + before * pass.stride;
  const uint8_t* gaps = pass.gaps + i * pass.stride;
  const Vector unit = all(static_cast<float>(DOWN) / pass.scale);
  Vector rest = all(INF);
  for (int64_t g = 0; g < pass.stride; g += LANES) {
    Bytes numbers;
    std::memcpy(&numbers, gaps + g, sizeof numbers);
    const IntVector level = __builtin_convertvector(numbers, IntVector);
    Vector gap = bits<Vector>((level + BELOW) << DROPPED) * unit;
    gap = level == 0 ? Vector{} : level > LAST ? all(INF) : gap;
    rest = least(rest, gap - load(farthest + g));
  }
  float smallest = INF;
  for (int l = 0; l < LANES; l++) smallest = std::min(smallest, rest[l]);
  const float own = pass.own[before * pass.k + label];
  if (!(smallest > own)) {
    if (pass.k < TIGHTENED || !(smallest > 0)) return true;
    // Its centre may have come nearer: what counts is how far it is now.
    smallest += pass.upper[i] - distanceTo(pass, i, label);
    if (!(smallest > 0)) return true;
  } else {
    smallest -= own;
  }
  pass.until[i] = static_cast<float>(std::min((total + smallest) * DOWN, 3e38));
  return false;
}

void passOver(const Pass& pass, int64_t begin, int64_t end, Sums& sums) {
  Block block(pass);
  for (int64_t i = begin; pass.groups == 0 && i < end; i += ROWS) {
    block.take(i, end);
    compare(pass, block, sums);
  }
  for (int64_t i = begin; pass.groups > 0 && i < end; i++) {
    if (!fails(pass, i)) continue;
    const float* row = pass.x + i * pass.d;
    for (int64_t j = 0; j < pass.d; j += 16) __builtin_prefetch(row + j, 0, 2);
    block.rows[block.count++] = static_cast<int32_t>(i);
    if (block.count == ROWS) compare(pass, block, sums);
  }
  if (block.count > 0) compare(pass, block, sums);
  for (int64_t i = begin; pass.anew && i < end; i++) {
    const double weight = pass.weight(i);
    sums.counts()[pass.labels[i]] += weight;
    if (weight > 0) sums.inertia() += addRow(pass, i, pass.labels[i], weight, sums);
  }
}

// Inputs:
//   x [M, D], range [2] the first row of the batch in x and how many, origin [D], weights [2, n] or [0],
//   centers [K, D], labels [n], since [n], gaps [n, stride / 4] of bytes, upper [n], until [n],
//   groups [G + 1] (none where G is 0), own [passes, K], farthest [passes, stride], moved [2, K],
//   step [5]: pass, fastest (as two), scale, anew
// Outputs: sums [2, K D] of w (x - c): of rows with a new label what they add and take away; totals [2, K + 2]: counts
//   and inertia (likewise), changed.
void kmeansPass(Context* context) {
  const Input x(context, 0), range(context, 1), origin(context, 2), weights(context, 3), centers(context, 4);
  const Input labels(context, 5), since(context, 6), gaps(context, 7), upper(context, 8), until(context, 9);
  const Input groups(context, 10), own(context, 11), farthest(context, 12), moved(context, 13), step(context, 14);
  Pass pass{};
  static_cast<Rows&>(pass) = Rows(x, range.ints()[0], range.ints()[1], origin, weights);
  pass.k = centers.dim(0);
  pass.centers = centers.floats();
  pass.labels = labels.ints();
  pass.since = since.ints();
  pass.gaps = reinterpret_cast<uint8_t*>(gaps.ints());
  pass.upper = upper.floats();
  pass.until = until.floats();
  pass.groups = std::max<int64_t>(groups.size() - 1, 0);
  pass.stride = pass.groups > 0 ? gaps.dim(1) * 4 : 0;
  pass.firsts = groups.ints();
  pass.own = own.floats();
  pass.farthest = farthest.floats();
  pass.moved = moved.floats();
  const float* s = step.floats();
  pass.pass = static_cast<int32_t>(s[0]);
  pass.anew = s[4] != 0;
  pass.fastest = static_cast<double>(s[1]) + s[2];
  pass.scale = s[3];
  pass.points = Points(pass.centers, pass.k, pass.d, pass.k * pass.d <= BY_DIFFERENCES);

  std::vector<std::unique_ptr<Sums>> parts(threads());
  parallelIndexed(pass.n, shareOf(pass.n, pass.k * pass.d), [&](int part, int64_t begin, int64_t end) {
    parts[part] = std::make_unique<Sums>(pass);
    passOver(pass, begin, end, *parts[part]);
  });
  const Sums& all = sumOfParts(parts, {&Sums::sums, &Sums::totals});
  doubleOutput(context, 0, all.sums);
  doubleOutput(context, 1, all.totals);
}

}  // namespace

LATENT_KERNEL(LatentKMeansPass, kmeansPass,
              {"x: float", "range: int32", "origin: float", "weights: float", "centers: float",
               "labels: int32", "since: int32", "gaps: int32", "upper: float", "until: float",
               "groups: int32", "own: float", "farthest: float", "moved: float", "step: float"},
              {"sums: float", "totals: float"})

}  // namespace latent
