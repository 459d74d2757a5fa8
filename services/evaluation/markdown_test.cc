#include "services/evaluation/markdown.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::evaluation {
namespace {

TEST(MarkdownTest, EscapesWhatMeansSomething) {
  EXPECT_EQ(EscapeMarkdown("**粗体** [链接](x) `a` <b> a|b #1 &amp; ~x~ \\"),
            "\\*\\*粗体\\*\\* \\[链接\\](x) \\`a\\` \\<b\\> a\\|b \\#1 \\&amp; \\~x\\~ \\\\");
  EXPECT_EQ(EscapeMarkdown("第一行\n第二行\t三"), "第一行 第二行 三");
}

TEST(MarkdownTest, LinesNeverBecomeListsRulesOrCode) {
  Markdown page;
  page.Quote("- 列表\n1. 编号\n12) 编号\n===\n+ 加\n    代码\n\n2026年");
  EXPECT_EQ(page.text(),
            "> \\- 列表  \n> 1\\. 编号  \n> 12\\) 编号  \n> \\===  \n> \\+ 加  \n> 代码  \n>   \n> 2026年\n");
}

TEST(MarkdownTest, EntriesOfOneListStandTogether) {
  Markdown page;
  page.Heading(2, "1. 标题");
  page.Entry("甲:", "一");
  page.Entry("乙:", "二");
  page.Line("正文");
  page.Entry("丙:", "三");
  EXPECT_EQ(page.text(), "## 1. 标题\n\n- **甲:** 一\n- **乙:** 二\n\n正文\n\n- **丙:** 三\n");
}

TEST(MarkdownTest, TablesHaveAsManyCellsAsTheirHeader) {
  Markdown page;
  page.Table({"a", "b"}, {{"1"}, {"1", "2", "3"}, {"x|y", "一\n二"}});
  EXPECT_EQ(page.text(), "| a | b |\n| --- | --- |\n| 1 |  |\n| 1 | 2 |\n| x\\|y | 一 二 |\n");
}

}  // namespace
}  // namespace docket::evaluation
