#include "services/request/attachment/file_name.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

using ::testing::HasSubstr;

TEST(FileNameTest, TakesWhatPeopleWrite) {
  for (const char* name : {"a.pdf", "门禁升级方案（终稿）.docx", "日志 2026-11-22 02:00.log", ".gitignore.txt",
                           "a..b.txt", "résumé.md", "😀.png", "' OR 1=1 --.csv", "%2e%2e.txt", "CON.txt"}) {
    EXPECT_EQ(FileNameFault(name), "") << name;
  }
  EXPECT_EQ(FileNameFault(std::string(251, 'a') + ".pdf"), "");
}

TEST(FileNameTest, RefusesWhatMisleadsOrEscapes) {
  const struct {
    std::string name;
    const char* fault;
  } kCases[] = {
      {"", "empty"},
      {std::string(252, 'a') + ".pdf", "255 bytes"},
      {"汉", ""},
      {"../etc/passwd", "no /"},
      {"..\\boot.ini", "no /"},
      {"..", "end with a dot"},
      {"a.pdf.", "end with a dot"},
      {" a.pdf", "space"},
      {"a.pdf ", "space"},
      {std::string("a\0.pdf", 6), "control"},
      {"a\n.pdf", "control"},
      {"a\t.pdf", "control"},
      {"a\x7F.pdf", "control"},
      {"a\xC2\x85.pdf", "control"},
      {"a\xE2\x80\xA8.pdf", "control"},
      {"invoice\xE2\x80\xAE"
       "fdp.exe",
       "direction"},
      {"a\xE2\x81\xA7.pdf", "direction"},
      {"a\xD8\x9C.pdf", "direction"},
      {"a\xE2\x80\x8B.pdf", "invisible"},
      {"\xEF\xBB\xBF"
       "a.pdf",
       "invisible"},
      {"a\xF3\xA0\x81\x81.pdf", "invisible"},
      {"a\xFF.pdf", "UTF-8"},
      {"a\xC0\xAF.pdf", "UTF-8"},
      {"a\xED\xA0\x80.pdf", "UTF-8"},
  };
  for (const auto& one : kCases) {
    if (*one.fault == '\0') {
      EXPECT_EQ(FileNameFault(one.name), "") << one.name;
    } else {
      EXPECT_THAT(FileNameFault(one.name), HasSubstr(one.fault)) << one.name;
    }
  }
}

TEST(FileNameTest, TheEndingIsWhatFollowsTheLastDot) {
  EXPECT_EQ(FileNameEnding("方案.PDF"), "pdf");
  EXPECT_EQ(FileNameEnding("a.pdf.exe"), "exe");
  EXPECT_EQ(FileNameEnding("README"), "");
}

}  // namespace
}  // namespace docket::request
