#include "common/log/logger.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ResultOf;
using ::testing::SizeIs;

// A file in memory that a logger writes to.
class LoggerTest : public ::testing::Test {
 protected:
  LoggerTest() : fd_(memfd_create("log", 0)), clock_(absl::FromUnixMicros(1741064767000008)) {}
  ~LoggerTest() override { close(fd_); }

  std::string Text() const {
    std::string text(static_cast<size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }

  // Every line, checked to be one JSON object by a parser that is not ours.
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = absl::StrSplit(Text(), '\n', absl::SkipEmpty());
    for (const std::string& line : lines) Parsed(line);
    return lines;
  }

  static google::protobuf::Struct Parsed(const std::string& line) {
    google::protobuf::Struct object;
    const auto status = google::protobuf::util::JsonStringToMessage(line, &object);
    EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << line;
    return object;
  }

  int fd_;
  FakeClock clock_;
};

TEST_F(LoggerTest, WritesOneObjectPerLine) {
  Logger log(fd_, Severity::kInfo, "request", clock_);
  const std::string name = "organizations/acme/requests/7";
  log.Info("request submitted", {{"request", name}, {"revision", 3}, TraceId("4bf92f3577b34da6a3ce929d0e0e4736")});
  log.Error("bad");
  EXPECT_EQ(Text(),
            "{\"time\":\"2025-03-04T05:06:07.000008Z\",\"severity\":\"INFO\",\"service\":\"request\",\"message\":"
            "\"request submitted\","
            "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"request\":\"organizations/acme/requests/"
            "7\",\"revision\":3}\n"
            "{\"time\":\"2025-03-04T05:06:07.000008Z\",\"severity\":\"ERROR\",\"service\":\"request\",\"message\":"
            "\"bad\"}\n");
}

TEST_F(LoggerTest, WritesEveryType) {
  Logger log(fd_, Severity::kDebug, "s", clock_);
  const char* literal = "text";
  log.Debug("types", {{"a", literal},
                      {"b", absl::string_view("view")},
                      {"c", true},
                      {"d", false},
                      {"e", -1},
                      {"f", std::numeric_limits<int64_t>::min()},
                      {"g", std::numeric_limits<uint64_t>::max()},
                      {"h", size_t{5}},
                      {"i", 0.1},
                      {"j", 1e300},
                      {"k", std::nan("")},
                      {"l", -std::numeric_limits<double>::infinity()},
                      {"m", int16_t{-7}},
                      {"n", ""}});
  EXPECT_THAT(
      Text(),
      HasSubstr(R"("a":"text","b":"view","c":true,"d":false,"e":-1,"f":-9223372036854775808,)"
                R"("g":18446744073709551615,"h":5,"i":0.1,"j":1e+300,"k":"NaN","l":"-Infinity","m":-7,"n":""})"));
  EXPECT_THAT(Lines(), SizeIs(1));
}

TEST_F(LoggerTest, LeavesOutWhatIsBelowTheMinimum) {
  Logger log(fd_, Severity::kWarning, "s", clock_);
  EXPECT_FALSE(log.Enabled(Severity::kInfo));
  EXPECT_TRUE(log.Enabled(Severity::kWarning));
  log.Debug("no");
  log.Info("no");
  log.Warning("yes");
  log.Error("yes");
  EXPECT_THAT(Lines(), SizeIs(2));
}

TEST_F(LoggerTest, NoValueForgesALine) {
  Logger log(fd_, Severity::kInfo, "s\"}\n{", clock_);
  const std::vector<std::string> nasty = {"\n{\"severity\":\"ERROR\"}\n",
                                          "\",\"admin\":true,\"x\":\"",
                                          "\r\n\r\n",
                                          "\\",
                                          std::string("\0\0", 2),
                                          "\xE2\x80\xA8\xE2\x80\xA9",
                                          "\x1b]0;owned\x07",
                                          "\xC2\x9B"
                                          "2J",
                                          "\xED\xA0\x80\xED\xB0\x80",
                                          "\xF8\x88\x80\x80\x80",
                                          std::string(3, '\xFF')};
  for (const std::string& text : nasty) log.Info(text, {{text, text}});
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(nasty.size()));
  for (const std::string& line : lines) {
    EXPECT_EQ(Parsed(line).fields_size(), 5) << line;
    for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << line;
  }
}

TEST_F(LoggerTest, KeysOfTheLineItselfStayItsOwn) {
  Logger log(fd_, Severity::kInfo, "s", clock_);
  log.Info("m", {{"message", "forged"}, {"severity", "ERROR"}, {"time", 1}, {"service", "x"}, {"truncated", true}});
  EXPECT_THAT(
      Text(),
      HasSubstr(
          R"("message":"m","_message":"forged","_severity":"ERROR","_time":1,"_service":"x","_truncated":true})"));
}

TEST_F(LoggerTest, LeavesOutAnEmptyTraceId) {
  Logger log(fd_, Severity::kInfo, "s", clock_);
  log.Info("m", {TraceId(""), {"other", ""}});
  EXPECT_THAT(Text(), HasSubstr(R"("message":"m","other":""})"));
}

TEST_F(LoggerTest, BoundsTheLine) {
  Logger log(fd_, Severity::kInfo, "s", clock_);
  std::string chinese;
  while (chinese.size() < 100000) chinese += "门禁";
  const std::vector<std::string> long_texts = {std::string(1 << 20, 'a'), std::string(1 << 20, '\n'),
                                               std::string(1 << 20, '\xFF'), chinese};
  for (const std::string& text : long_texts) {
    log.Info(text, {{"x", 1}});
    log.Info("m", {{"x", text}, TraceId("trace"), {"y", text}, {"n", 7}});
    log.Info("m", {{text, "v"}, {"n", 7}});
  }
  std::vector<std::string> keys;
  for (int i = 0; i < 5000; ++i) keys.push_back(absl::StrCat("key", i));
  std::vector<Field> many;
  for (const std::string& key : keys) many.emplace_back(key, 1);
  log.Log(Severity::kInfo, "many", many);
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(long_texts.size() * 3 + 1));
  for (const std::string& line : lines) {
    EXPECT_LE(line.size() + 1, 16u * 1024);
  }
  for (size_t i = 0; i < long_texts.size() * 3; i += 3) {
    EXPECT_THAT(lines[i], HasSubstr("\"x\":1"));
    EXPECT_TRUE(absl::EndsWith(lines[i], ",\"truncated\":true}"));
    EXPECT_THAT(lines[i + 1], HasSubstr("\"trace_id\":\"trace\""));
    EXPECT_TRUE(absl::EndsWith(lines[i + 1], ",\"truncated\":true}"));
    EXPECT_GT(lines[i + 1].size(), 16000u) << "room is used";
    EXPECT_THAT(lines[i + 2], HasSubstr("\"n\":7"));
  }
  EXPECT_TRUE(absl::EndsWith(lines.back(), ",\"truncated\":true}"));
}

TEST_F(LoggerTest, HoldsBackAStormAndReportsIt) {
  Logger log(fd_, Severity::kInfo, "s", clock_, {.lines = 3, .window = absl::Seconds(10)});
  for (int i = 0; i < 1000; ++i) log.Error("storm", {{"i", i}});
  log.Error("calm");
  EXPECT_THAT(Lines(), SizeIs(4));
  EXPECT_EQ(log.suppressed(), 997);
  clock_.Advance(absl::Seconds(10));
  log.Info("later");
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines[4],
              HasSubstr(R"("message":"log lines suppressed","suppressed_message":"storm","suppressed":997})"));
  EXPECT_THAT(lines[5], HasSubstr("later"));
  log.Error("storm");
  EXPECT_THAT(Lines(), SizeIs(7));
}

TEST_F(LoggerTest, ReportsWhatItHeldBackAtTheEnd) {
  {
    Logger log(fd_, Severity::kInfo, "s", clock_, {.lines = 1, .window = absl::Hours(1)});
    for (int i = 0; i < 5; ++i) log.Info("b");
    for (int i = 0; i < 3; ++i) log.Info("a");
  }
  const auto lines = Lines();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[2], HasSubstr(R"("suppressed_message":"a","suppressed":2)"));
  EXPECT_THAT(lines[3], HasSubstr(R"("suppressed_message":"b","suppressed":4)"));
  EXPECT_THAT(lines[3], HasSubstr("2025-03-04T05:06:07"));
}

TEST_F(LoggerTest, AClockSetBackDoesNotSilenceAnything) {
  Logger log(fd_, Severity::kInfo, "s", clock_, {.lines = 1, .window = absl::Seconds(10)});
  log.Info("m");
  log.Info("m");
  clock_.Advance(-absl::Hours(5));
  log.Info("m");
  EXPECT_THAT(Lines(), SizeIs(3));
}

TEST_F(LoggerTest, BoundsHowManyMessagesItCountsApart) {
  Logger log(fd_, Severity::kInfo, "s", clock_, {.lines = 2, .window = absl::Seconds(10)});
  for (int i = 0; i < 5000; ++i) log.Info(absl::StrCat("message ", i));
  EXPECT_THAT(Lines(), SizeIs(1024 + 2));
  EXPECT_EQ(log.suppressed(), 5000 - 1026);
  clock_.Advance(absl::Seconds(10));
  log.Info("message 4999");
  EXPECT_THAT(Lines().back(), HasSubstr("message 4999"));
}

TEST_F(LoggerTest, CountsWhatCannotBeWritten) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  Logger log(full, Severity::kInfo, "s", clock_);
  log.Info("m");
  EXPECT_EQ(log.lost(), 1);
  close(full);
  log.Info("m");
  EXPECT_EQ(log.lost(), 2);
}

TEST_F(LoggerTest, ThreadsNeverMixTheirLines) {
  Logger log(fd_, Severity::kInfo, "s", clock_, {.lines = 1000000, .window = absl::Seconds(10)});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log, t] {
      const std::string text(200, static_cast<char>('a' + t));
      for (int i = 0; i < 500; ++i) log.Info("m", {{"t", text}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = Lines();
  EXPECT_THAT(lines, SizeIs(2000));
  EXPECT_THAT(lines, Each(ResultOf([](const std::string& line) { return line.size(); }, lines[0].size())));
}

}  // namespace
}  // namespace docket
