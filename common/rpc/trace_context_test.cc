#include "common/rpc/trace_context.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace docket::rpc {
namespace {

constexpr char kExample[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, ReadsAndWrites) {
  const auto trace = TraceContext::Parse(kExample);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->span_id(), "00f067aa0ba902b7");
  EXPECT_TRUE(trace->sampled());
  EXPECT_EQ(trace->ToString(), kExample);
}

TEST(TraceContextTest, TakesLaterVersionsWithMoreFields) {
  EXPECT_TRUE(TraceContext::Parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more").has_value());
  EXPECT_FALSE(TraceContext::Parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00more").has_value());
}

TEST(TraceContextTest, RefusesEverythingElse) {
  const std::string good = kExample;
  for (const std::string& wrong :
       {std::string(), std::string("00"), good.substr(0, 54), good + "-x", "ff" + good.substr(2), "0g" + good.substr(2),
        std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
        std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
        std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        std::string("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g")}) {
    EXPECT_FALSE(TraceContext::Parse(wrong).has_value()) << wrong;
  }
}

TEST(TraceContextTest, SpansStayInTheirTrace) {
  const TraceContext trace = *TraceContext::Parse(kExample);
  const TraceContext span = trace.NewSpan();
  EXPECT_EQ(span.trace_id(), trace.trace_id());
  EXPECT_NE(span.span_id(), trace.span_id());
  EXPECT_TRUE(span.sampled());
}

TEST(TraceContextTest, NewTracesDifferAndAreWellFormed) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const TraceContext trace = TraceContext::New();
    EXPECT_TRUE(TraceContext::Parse(trace.ToString()).has_value());
    ids.insert(std::string(trace.trace_id()));
  }
  EXPECT_EQ(ids.size(), 1000);
}

}  // namespace
}  // namespace docket::rpc
