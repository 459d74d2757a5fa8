#include "common/metrics/metrics.h"

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// How many lines of the text begin with `prefix`.
int LinesOf(const Metrics& metrics, const std::string& prefix) {
  int count = 0;
  const std::string text = metrics.Text();
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.substr(0, prefix.size()) == prefix) ++count;
  }
  return count;
}

TEST(MetricsTest, ExportsWhatIsCounted) {
  Metrics metrics;
  metrics.GetCounter("docket_a_total", "As.", {{"method", "Get"}}).Increment();
  metrics.GetCounter("docket_a_total", "As.", {{"method", "Get"}}).Increment(2);
  metrics.GetCounter("docket_a_total", "As.", {{"method", "List"}}).Increment();
  metrics.GetGauge("docket_b", "Bs.").Set(-1.5);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# HELP docket_a_total As.\n# TYPE docket_a_total counter\n"));
  EXPECT_THAT(text, HasSubstr("docket_a_total{method=\"Get\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("docket_a_total{method=\"List\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE docket_b gauge\ndocket_b -1.5\n"));
  EXPECT_THAT(text, HasSubstr("docket_metrics_refused_total 0\n"));
}

TEST(MetricsTest, SameNameAndLabelsAreTheSameObject) {
  Metrics metrics;
  EXPECT_EQ(&metrics.GetCounter("docket_a_total", "h", {{"a", "1"}, {"b", "2"}}),
            &metrics.GetCounter("docket_a_total", "other help", {{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(&metrics.GetCounter("docket_a_total", "h", {{"a", "1"}}), &metrics.GetCounter("docket_a_total", "h"));
  EXPECT_EQ(&metrics.GetGauge("docket_g", "h"), &metrics.GetGauge("docket_g", "h"));
  EXPECT_EQ(&metrics.GetHistogram("docket_h_seconds", "h"), &metrics.GetHistogram("docket_h_seconds", "h", {}, {1, 2}));
}

TEST(MetricsTest, HistogramsHaveTheirBuckets) {
  Metrics metrics;
  auto& seconds = metrics.GetHistogram("docket_rpc_seconds", "h", {{"method", "Get"}});
  for (const double value : {0.0001, 0.003, 0.003, 100.0}) seconds.Observe(value);
  metrics.GetHistogram("docket_size_bytes", "h", {}, {10, 20}).Observe(15);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("docket_rpc_seconds_count{method=\"Get\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("docket_rpc_seconds_bucket{method=\"Get\",le=\"0.0005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("docket_rpc_seconds_bucket{method=\"Get\",le=\"0.005\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("docket_rpc_seconds_bucket{method=\"Get\",le=\"10\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("docket_rpc_seconds_bucket{method=\"Get\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("docket_size_bytes_bucket{le=\"10\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("docket_size_bytes_bucket{le=\"20\"} 1\n"));
}

TEST(MetricsTest, WhatIsWrongWorksButIsNotExported) {
  Metrics metrics;
  metrics.GetCounter("docket_a_total", "h", {{"a", "1"}}).Increment();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  int refused = 0;
  const auto expect_refused = [&](auto& metric) {
    (void)metric;
    ++refused;
    EXPECT_THAT(metrics.Text(), HasSubstr(absl::StrCat("docket_metrics_refused_total ", refused, "\n")));
  };
  for (const char* name : {"", "1a", "a-b", "a b", "a\n", "__reserved", "\xE9\x97\xA8"}) {
    auto& counter = metrics.GetCounter(name, "h");
    counter.Increment();
    expect_refused(counter);
  }
  for (const char* label : {"", "1a", "a-b", "__a", "le", "quantile"}) {
    expect_refused(metrics.GetHistogram("docket_h", "h", {{label, "x"}}));
  }
  expect_refused(metrics.GetCounter("docket_a_total", "h", {{"a", "\xFF"}}));
  expect_refused(metrics.GetGauge("docket_a_total", "h"));
  expect_refused(metrics.GetHistogram("docket_a_total", "h"));
  expect_refused(metrics.GetGauge("docket_metrics_refused_total", "h"));
  expect_refused(metrics.GetHistogram("docket_h", "h", {}, {}));
  expect_refused(metrics.GetHistogram("docket_h", "h", {}, {2, 1}));
  expect_refused(metrics.GetHistogram("docket_h", "h", {}, {1, 1}));
  expect_refused(metrics.GetHistogram("docket_h", "h", {}, {1, nan}));
  EXPECT_EQ(LinesOf(metrics, "docket_a_total"), 1);
  EXPECT_EQ(LinesOf(metrics, "docket_h"), 0);
}

TEST(MetricsTest, BoundsTheSeriesOfAName) {
  Metrics metrics;
  constexpr int kMost = static_cast<int>(Metrics::kMaxSeriesPerName);
  for (int i = 0; i < kMost + 500; ++i) metrics.GetCounter("docket_a_total", "h", {{"i", absl::StrCat(i)}}).Increment();
  EXPECT_EQ(LinesOf(metrics, "docket_a_total{"), kMost);
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_metrics_refused_total 500\n"));
  metrics.GetCounter("docket_a_total", "h", {{"i", "7"}}).Increment();
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_a_total{i=\"7\"} 2\n"));
}

TEST(MetricsTest, EscapesLabelValues) {
  Metrics metrics;
  metrics.GetCounter("docket_a_total", "h", {{"a", "x\"} 7\nforged 1\n\\"}}).Increment();
  EXPECT_EQ(LinesOf(metrics, "forged"), 0);
  EXPECT_EQ(LinesOf(metrics, "docket_a_total{"), 1);
}

TEST(MetricsTest, ObservesWhileTheHandleLives) {
  Metrics metrics;
  double length = 3;
  auto first = metrics.Observe("docket_queue_length", "Waiting.", {{"pool", "rpc"}}, [&] { return length; });
  auto second = metrics.Observe("docket_queue_length", "Waiting.", {{"pool", "relay"}}, [] { return 9.0; });
  EXPECT_THAT(metrics.Text(),
              HasSubstr("# HELP docket_queue_length Waiting.\n# TYPE docket_queue_length gauge\n"
                        "docket_queue_length{pool=\"rpc\"} 3\ndocket_queue_length{pool=\"relay\"} 9\n"));
  length = 4;
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_queue_length{pool=\"rpc\"} 4\n"));
  first.reset();
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("rpc")));
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_queue_length{pool=\"relay\"} 9\n"));
  first = metrics.Observe("docket_queue_length", "Waiting.", {{"pool", "rpc"}}, [] { return 5.0; });
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_queue_length{pool=\"rpc\"} 5\n"));
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_metrics_refused_total 0\n"));
}

TEST(MetricsTest, ObservesNothingTwice) {
  Metrics metrics;
  metrics.GetGauge("docket_g", "h").Set(1);
  const auto first = metrics.Observe("docket_q", "h", {}, [] { return 1.0; });
  const auto again = metrics.Observe("docket_q", "h", {}, [] { return 2.0; });
  const auto other_type = metrics.Observe("docket_g", "h", {}, [] { return 2.0; });
  metrics.GetGauge("docket_q", "h").Set(3);
  const auto bad = metrics.Observe("bad name", "h", {}, [] { return 2.0; });
  EXPECT_EQ(LinesOf(metrics, "docket_q "), 1);
  EXPECT_EQ(LinesOf(metrics, "docket_g "), 1);
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_metrics_refused_total 4\n"));
}

TEST(MetricsTest, ThreadsShareIt) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 500; ++i) {
        metrics.GetCounter("docket_a_total", "h", {{"i", absl::StrCat(i % 10)}}).Increment();
        metrics.GetHistogram("docket_h", "h").Observe(i);
        const auto observed = metrics.Observe("docket_o", "h", {{"t", absl::StrCat(t)}}, [i] { return i; });
        if (i % 100 == 0) {
          EXPECT_THAT(metrics.Text(), HasSubstr("docket_a_total"));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_a_total{i=\"3\"} 200\n"));
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_h_count 2000\n"));
  EXPECT_THAT(metrics.Text(), HasSubstr("docket_metrics_refused_total 0\n"));
}

}  // namespace
}  // namespace docket
