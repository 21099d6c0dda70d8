// The sums of a mixture's M-step: rows in their components' frames, in blocks, and the blocks' products.
#pragma once

#include <atomic>

#include "components.h"

namespace latent::mixture {

// Work that threads take piece by piece, as pieces differ in size.
class Pieces {
 public:
  explicit Pieces(int64_t n) : n_(n) {}
  bool take(int64_t* piece) { return (*piece = next_++) < n_; }
  // Runs f on as many threads as there are pieces for; it takes them until there are none.
  template <class F>
  void run(F f) {
    parallel(std::min<int64_t>(n_, threads()), 1, [&](int64_t, int64_t) { f(); });
  }

 private:
  const int64_t n_;
  std::atomic<int64_t> next_{0};
};

// Some rows seen from one component, y and a 1 beside it: their product with themselves has all sums of the
// M-step.
struct Block {
  int64_t c;
  const int32_t* rows;  // [m]
  int64_t m;            // at most DEPTH
  float* y;             // [panels, m, PANEL]
};

// Panels of y with the 1 beside it.
inline int64_t widePanels(int64_t d) { return panelsOf(d + 1); }

// Puts the 1 beside y, and zeros beyond it.
inline void finish(const Block& block, int64_t d) {
  float* last = block.y + d / PANEL * block.m * PANEL;
  for (int64_t a = 0; a < block.m; a++) {
    for (int64_t j = d % PANEL; j < PANEL; j++) last[a * PANEL + j] = j == d % PANEL ? 1 : 0;
  }
}

inline void scale(const Block& block, int64_t a, int64_t d, float factor) {
  for (int64_t t = 0; t < widePanels(d); t++) {
    float* y = block.y + (t * block.m + a) * PANEL;
    for (int64_t j = 0; j < PANEL; j++) y[j] = factor == 0 ? 0 : y[j] * factor;
  }
}

// Rows in groups, one of each component; `first` [K + 1] says where they begin.
struct Groups {
  std::vector<int32_t> rows;
  std::vector<int64_t> first;
};

inline Groups groupsOf(const int32_t* component, int64_t n, int64_t k) {
  Groups groups{std::vector<int32_t>(n), std::vector<int64_t>(k + 1)};
  for (int64_t i = 0; i < n; i++) groups.first[component[i] + 1]++;
  for (int64_t c = 0; c < k; c++) groups.first[c + 1] += groups.first[c];
  std::vector<int64_t> next(groups.first.begin(), groups.first.end() - 1);
  for (int64_t i = 0; i < n; i++) groups.rows[next[component[i]]++] = i;
  return groups;
}

// Blocks of the groups' rows `begin` to `end`, whose y lie one after the other from `y` on.
inline std::vector<Block> blocksOf(const Groups& groups, int64_t begin, int64_t end, int64_t d, float* y) {
  std::vector<Block> blocks;
  for (size_t c = 0; c + 1 < groups.first.size(); c++) {
    const int64_t last = std::min(end, groups.first[c + 1]);
    for (int64_t at = std::max(begin, groups.first[c]); at < last; at += DEPTH) {
      float* to = y + (at - begin) * widePanels(d) * PANEL;
      blocks.push_back({static_cast<int64_t>(c), groups.rows.data() + at, std::min(DEPTH, last - at), to});
    }
  }
  return blocks;
}

// Rows that are seen in full at once: they, their y and a component's P stay in the second cache.
constexpr int64_t VIEWED = 64;

// A block's rows in full; their log densities too, where they are wanted.
inline void seeBlock(const Block& block, const Mixture& mixture, View* view, double* densities) {
  for (int64_t start = 0; start < block.m; start += VIEWED) {
    view->clear();
    for (int64_t a = start; a < std::min(block.m, start + VIEWED); a++) view->add(block.rows[a]);
    for (int64_t t = 0; t < mixture.panels(); t++) {
      view->panel(block.c, t, block.y + (t * block.m + start) * PANEL);
    }
    for (int64_t a = 0; densities && a < view->size(); a++) {
      densities[view->row(a) * mixture.k + block.c] = mixture.constant(block.c) - view->square(a) / 2;
    }
  }
  finish(block, mixture.d);
}

inline void see(const std::vector<Block>& blocks, const Rows& rows, const Mixture& mixture,
                double* densities) {
  Pieces pieces(blocks.size());
  pieces.run([&] {
    View view(rows, mixture, VIEWED);
    for (int64_t piece; pieces.take(&piece);) seeBlock(blocks[piece], mixture, &view, densities);
  });
}

// Adds what a tile has on and below the diagonal, its rows and columns from these on, to the first `size` rows of a triangle,
// that lie one after the other.
inline void addToTriangle(double* out, int64_t size, int64_t row, int64_t column, const Tile<PANEL_VECTORS>& tile) {
  for (int64_t i = 0; i < std::min<int64_t>(TILE_ROWS, size - row); i++) {
    float sums[PANEL];
    for (int j = 0; j < PANEL_VECTORS; j++) store(sums + j * LANES, tile.rows[i][j]);
    double* to = out + (row + i) * (row + i + 1) / 2 + column;
    if (row + i + 1 - column >= PANEL) {
      for (int j = 0; j < PANEL; j++) to[j] += sums[j];
    } else {
      for (int64_t j = 0; j < row + i + 1 - column; j++) to[j] += sums[j];
    }
  }
}

// Sums of z zᵀ with z = √r (y, 1) for each component, [(D + 1)(D + 2) / 2] what is on and below the diagonal, row by row: all
// that the M-step needs of it.
struct Moments {
  int64_t k, d;
  double* sums;

  int64_t size() const { return (d + 1) * (d + 2) / 2; }

  // A piece of the work is a component, or some of its panels where components are few.
  void add(const std::vector<Block>& blocks) const {
    const int64_t parts = std::min(widePanels(d), (2 * threads() + k - 1) / k);
    Pieces pieces(k * parts);
    pieces.run([&] {
      for (int64_t piece; pieces.take(&piece);) {
        const int64_t c = piece / parts;
        for (const Block& block : blocks) {
          for (int64_t t = piece % parts; block.c == c && t < widePanels(d); t += parts) {
            symmetricPanel(block.y, block.m, d + 1, t * PANEL, [&](int64_t row, const Tile<PANEL_VECTORS>& tile) {
              addToTriangle(sums + c * size(), d + 1, row, t * PANEL, tile);
            });
          }
        }
      }
    });
  }
};

// Rows with the share that they have of a component, component by component.
struct Shares {
  Groups groups;
  std::vector<float> roots;  // √r
};

inline int64_t roomFor(const Shares& shares, int64_t most) {
  return std::max<int64_t>(1, std::min<int64_t>(shares.roots.size(), most));
}

// Those that `responsibility` says, where it is above 0.
template <class F>
Shares sharesOf(int64_t n, int64_t k, F responsibility) {
  Shares shares;
  shares.groups.first.push_back(0);
  for (int64_t c = 0; c < k; c++) {
    for (int64_t i = 0; i < n; i++) {
      const double r = responsibility(i, c);
      if (!(r > 0)) continue;
      shares.groups.rows.push_back(i);
      shares.roots.push_back(std::sqrt(r));
    }
    shares.groups.first.push_back(shares.groups.rows.size());
  }
  return shares;
}

// Adds what `blocks` have, and what the shares have of rows that are not seen yet from the component; of
// those, as many at a time as `capacity`.
inline void addShares(std::vector<Block> blocks, const Shares& shares, const Rows& rows,
                      const Mixture& mixture, int64_t capacity, const Moments& moments) {
  const auto room = numbers(capacity * widePanels(mixture.d) * PANEL);
  const int64_t all = shares.roots.size();
  for (int64_t begin = 0; begin == 0 || begin < all; begin += capacity) {
    const int64_t end = std::min(all, begin + capacity);
    const auto others = blocksOf(shares.groups, begin, end, mixture.d, room.get());
    see(others, rows, mixture, nullptr);
    for (const Block& block : others) {
      const float* root = shares.roots.data() + (block.rows - shares.groups.rows.data());
      for (int64_t a = 0; a < block.m; a++) scale(block, a, mixture.d, root[a]);
    }
    blocks.insert(blocks.end(), others.begin(), others.end());
    moments.add(blocks);
    blocks.clear();
  }
}

}  // namespace latent::mixture
