#include "services/evaluation/ranking.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "absl/numeric/int128.h"

namespace docket::evaluation {
namespace {

constexpr size_t kMaxLosses = 3;

// The sums of one option under one set of criteria.
struct Tally {
  size_t option = 0;
  // sum of s(i), and the sum of (n s(i) - total)^2, which orders like the dispersion.
  int64_t total = 0;
  absl::uint128 spread = 0;
  int64_t cost = 0;
};

LostBy Compare(const Tally& winner, const Tally& loser) {
  if (winner.total != loser.total) return LostBy::kMean;
  if (winner.spread != loser.spread) return LostBy::kDispersion;
  if (winner.cost != loser.cost) return LostBy::kCost;
  return LostBy::kOrder;
}

bool Better(const Tally& a, const Tally& b) {
  switch (Compare(a, b)) {
    case LostBy::kMean:
      return a.total > b.total;
    case LostBy::kDispersion:
      return a.spread < b.spread;
    case LostBy::kCost:
      return a.cost < b.cost;
    case LostBy::kOrder:
      break;
  }
  return a.option < b.option;
}

// Points by option, criterion and panellist, as indices into the lists that Rank is given.
class Points {
 public:
  Points(const std::vector<Option>& options, const std::vector<Criterion>& criteria,
         const std::vector<ScoreSheet>& sheets)
      : criteria_(criteria.size()), sheets_(sheets.size()), points_(options.size() * criteria_ * sheets_, 0) {
    std::map<std::string, size_t> option_index;
    for (size_t i = 0; i < options.size(); ++i) option_index[options[i].id] = i;
    std::map<CriterionKind, size_t> criterion_index;
    for (size_t i = 0; i < criteria.size(); ++i) criterion_index[criteria[i].kind] = i;
    for (size_t sheet = 0; sheet < sheets.size(); ++sheet) {
      for (const Score& score : sheets[sheet].scores) {
        const auto option = option_index.find(score.option);
        const auto criterion = criterion_index.find(score.criterion);
        if (option == option_index.end() || criterion == criterion_index.end()) continue;
        points_[(option->second * criteria_ + criterion->second) * sheets_ + sheet] = score.points;
      }
    }
  }

  int At(size_t option, size_t criterion, size_t sheet) const {
    return points_[(option * criteria_ + criterion) * sheets_ + sheet];
  }
  int64_t Sum(size_t option, size_t criterion) const {
    int64_t sum = 0;
    for (size_t sheet = 0; sheet < sheets_; ++sheet) sum += At(option, criterion, sheet);
    return sum;
  }

 private:
  size_t criteria_;
  size_t sheets_;
  std::vector<int> points_;
};

// Best first.
std::vector<Tally> Order(const std::vector<Option>& options, const std::vector<int>& weights, const Points& points,
                         size_t sheets) {
  std::vector<Tally> tallies;
  const int64_t n = static_cast<int64_t>(sheets);
  for (size_t option = 0; option < options.size(); ++option) {
    std::vector<int64_t> sums(sheets, 0);
    for (size_t sheet = 0; sheet < sheets; ++sheet) {
      for (size_t criterion = 0; criterion < weights.size(); ++criterion) {
        sums[sheet] += int64_t{weights[criterion]} * points.At(option, criterion, sheet);
      }
    }
    Tally tally{.option = option, .cost = CostMinorUnits(options[option])};
    tally.total = std::accumulate(sums.begin(), sums.end(), int64_t{0});
    for (const int64_t sum : sums) {
      const int64_t difference = n * sum - tally.total;
      const absl::uint128 magnitude = static_cast<uint64_t>(difference < 0 ? -difference : difference);
      tally.spread += magnitude * magnitude;
    }
    tallies.push_back(tally);
  }
  std::sort(tallies.begin(), tallies.end(), Better);
  return tallies;
}

// sqrt(10^6 spread / (n^3 weight^2)) rounded half up: the greatest k with (2k - 1)^2 n^3 weight^2 <= 4 10^6 spread.
int64_t Dispersion(absl::uint128 spread, int64_t n, int64_t weight) {
  const absl::uint128 numerator = spread * 4'000'000;
  const absl::uint128 denominator = absl::uint128(static_cast<uint64_t>(n * n * n)) *
                                    absl::uint128(static_cast<uint64_t>(weight)) *
                                    absl::uint128(static_cast<uint64_t>(weight));
  // Points lie between 1 and 10, so half of their range, 4500, is the most there can be.
  int64_t low = 0;
  int64_t high = 10'000;
  while (low < high) {
    const int64_t middle = (low + high + 1) / 2;
    const absl::uint128 odd = static_cast<uint64_t>(2 * middle - 1);
    if (odd * odd * denominator <= numerator) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::vector<CriterionLoss> Losses(const std::vector<Criterion>& criteria, const Points& points, size_t winner,
                                  size_t loser, int64_t n) {
  struct Weighted {
    int64_t loss;
    size_t criterion;
  };
  std::vector<Weighted> weighted;
  for (size_t c = 0; c < criteria.size(); ++c) {
    const int64_t loss = criteria[c].weight * (points.Sum(winner, c) - points.Sum(loser, c));
    if (loss > 0) weighted.push_back({loss, c});
  }
  std::stable_sort(weighted.begin(), weighted.end(),
                   [](const Weighted& a, const Weighted& b) { return a.loss > b.loss; });
  if (weighted.size() > kMaxLosses) weighted.resize(kMaxLosses);
  std::vector<CriterionLoss> losses;
  for (const Weighted& entry : weighted) {
    losses.push_back({.criterion = criteria[entry.criterion].kind,
                      .mean_thousandths = DivideHalfUp(1000 * points.Sum(loser, entry.criterion), n),
                      .winner_mean_thousandths = DivideHalfUp(1000 * points.Sum(winner, entry.criterion), n)});
  }
  return losses;
}

}  // namespace

int64_t DivideHalfUp(int64_t numerator, int64_t denominator) {
  const int64_t quotient = numerator / denominator;
  const int64_t remainder = numerator % denominator;
  return quotient + (remainder >= denominator - remainder ? 1 : 0);
}

Ranking Rank(const std::vector<Option>& options, const std::vector<Criterion>& criteria,
             const std::vector<ScoreSheet>& sheets) {
  Ranking ranking;
  if (options.empty() || criteria.empty() || sheets.empty()) return ranking;
  const Points points(options, criteria, sheets);
  const int64_t n = static_cast<int64_t>(sheets.size());
  std::vector<int> weights;
  for (const Criterion& criterion : criteria) weights.push_back(criterion.weight);
  const int64_t weight = std::accumulate(weights.begin(), weights.end(), int64_t{0});

  const std::vector<Tally> order = Order(options, weights, points, sheets.size());
  for (const Tally& tally : order) {
    RankedOption ranked{.option = options[tally.option].id, .title = options[tally.option].title};
    ranked.mean_thousandths = DivideHalfUp(1000 * tally.total, n * weight);
    ranked.dispersion_thousandths = Dispersion(tally.spread, n, weight);
    for (size_t c = 0; c < criteria.size(); ++c) {
      ranked.criterion_mean_thousandths.push_back(DivideHalfUp(1000 * points.Sum(tally.option, c), n));
    }
    if (tally.option != order.front().option) {
      ranked.losses = Losses(criteria, points, order.front().option, tally.option, n);
      ranked.lost_by = Compare(order.front(), tally);
    }
    ranking.options.push_back(std::move(ranked));
  }
  for (size_t c = 0; criteria.size() > 1 && c < criteria.size(); ++c) {
    std::vector<int> without = weights;
    without[c] = 0;
    if (Order(options, without, points, sheets.size()).front().option != order.front().option) {
      ranking.decisive_criteria.push_back(criteria[c].kind);
    }
  }
  return ranking;
}

}  // namespace docket::evaluation
