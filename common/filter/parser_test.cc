#include "common/filter/parser.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log/utf8.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::filter {
namespace {

using ::testing::HasSubstr;

std::string Dump(const Node& node) {
  constexpr const char* kComparators[] = {"=", "!=", "<", "<=", ">", ">=", ":"};
  if (node.kind == Node::Kind::kRestriction) {
    const Restriction& r = node.restriction;
    return absl::StrCat(r.field, kComparators[static_cast<int>(r.comparator)], "[", r.argument, "]");
  }
  if (node.kind == Node::Kind::kLiteral) return absl::StrCat("<", node.literal.text, ">");
  std::string text = node.kind == Node::Kind::kAnd ? "(and" : node.kind == Node::Kind::kOr ? "(or" : "(not";
  for (const Node& operand : node.operands) absl::StrAppend(&text, " ", Dump(operand));
  return text + ")";
}

struct Good {
  std::string filter;
  std::string want;
};

TEST(ParserTest, ReadsTheGrammar) {
  for (const Good& c : std::vector<Good>{
           // Comparators and arguments.
           {"a=1", "a=[1]"},
           {"a = 1", "a=[1]"},
           {"\t a\r\n=\n1 ", "a=[1]"},
           {"a!=1", "a!=[1]"},
           {"a<1", "a<[1]"},
           {"a<=1", "a<=[1]"},
           {"a>1", "a>[1]"},
           {"a>=1", "a>=[1]"},
           {"a:b", "a:[b]"},
           {"a:*", "a:[*]"},
           {"a:foo*", "a:[foo*]"},
           {"a = -5", "a=[-5]"},
           {"a=-5", "a=[-5]"},
           {"a = 1.2.3-rc.1+build", "a=[1.2.3-rc.1+build]"},
           {"a = organizations/acme/people/li", "a=[organizations/acme/people/li]"},
           {"a = li@example.com", "a=[li@example.com]"},
           {"a = 100%", "a=[100%]"},
           {"a = 门禁管理软件", "a=[门禁管理软件]"},
           {"a = \"\"", "a=[]"},
           {"a=\"x y\"b=1", "(and a=[x y] b=[1])"},
           {"a = \"AND\"", "a=[AND]"},
           {"a = and", "a=[and]"},
           {"a = android", "a=[android]"},
           {"a.b.c = 1", "a.b.c=[1]"},
           {"_a1.B_2 = x", "_a1.B_2=[x]"},
           // Quotes.
           {R"(a = "it's")", "a=[it's]"},
           {R"(a = 'say "no"')", "a=[say \"no\"]"},
           {R"(a = 'it\'s \"x\" \\')", "a=[it's \"x\" \\]"},
           {"a = \"line\nbreak\"", "a=[line\nbreak]"},
           {"a = '; DROP TABLE x; --'", "a=[; DROP TABLE x; --]"},
           // A colon belongs to a word as part of a time only.
           {"a > 2025-03-04T05:06:07Z", "a>[2025-03-04T05:06:07Z]"},
           {"a>2025-03-04T05:06:07.123456+08:00", "a>[2025-03-04T05:06:07.123456+08:00]"},
           {"a < 2025-03-04t05:06:07z b:c", "(and a<[2025-03-04t05:06:07z] b:[c])"},
           {"a<=2025-03-04T05:06:07-05:00 OR b=1", "(or a<=[2025-03-04T05:06:07-05:00] b=[1])"},
           // Precedence: OR binds tighter than AND, side by side is AND.
           {"a=1 AND b=2", "(and a=[1] b=[2])"},
           {"a=1 OR b=2", "(or a=[1] b=[2])"},
           {"a=1 b=2", "(and a=[1] b=[2])"},
           {"a=1 b=2 OR c=3", "(and a=[1] (or b=[2] c=[3]))"},
           {"a=1 AND b=2 OR c=3", "(and a=[1] (or b=[2] c=[3]))"},
           {"a=1 OR b=2 AND c=3", "(and (or a=[1] b=[2]) c=[3])"},
           {"a=1 OR b=2 c=3 OR d=4", "(and (or a=[1] b=[2]) (or c=[3] d=[4]))"},
           {"a=1 b=2 AND c=3 AND d=4", "(and a=[1] b=[2] c=[3] d=[4])"},
           {"(a=1 AND b=2) OR c=3", "(or (and a=[1] b=[2]) c=[3])"},
           {"((a=1))", "a=[1]"},
           {"(a=1)(b=2)", "(and a=[1] b=[2])"},
           // Negation binds tightest.
           {"NOT a=1", "(not a=[1])"},
           {"-a=1", "(not a=[1])"},
           {"-a:*", "(not a:[*])"},
           {"NOT a=1 OR b=2", "(or (not a=[1]) b=[2])"},
           {"NOT (a=1 OR b=2)", "(not (or a=[1] b=[2]))"},
           {"NOT(a=1)", "(not a=[1])"},
           {"-(a=1 b=2)", "(not (and a=[1] b=[2]))"},
           {"a=1 -b=2", "(and a=[1] (not b=[2]))"},
           {"a=1 AND -b=-2", "(and a=[1] (not b=[-2]))"},
           {"NOT (NOT a=1)", "(not (not a=[1]))"},
           // What no comparator follows stands alone.
           {"word", "<word>"},
           {"state", "<state>"},
           {"二维码", "<二维码>"},
           {" \"face engine\"\n", "<face engine>"},
           {"'face engine'", "<face engine>"},
           {"\" \"", "< >"},
           {R"("it's \\")", "<it's \\>"},
           {"\"a = 1\"", "<a = 1>"},
           {"\"AND\"", "<AND>"},
           {"and Or not", "(and <and> <Or> <not>)"},
           {"face-engine 4.2.0 li@example.com 100%", "(and <face-engine> <4.2.0> <li@example.com> <100%>)"},
           {"* gate* a*b", "(and <*> <gate*> <a*b>)"},
           {"2025-03-04T05:06:07Z", "<2025-03-04T05:06:07Z>"},
           {"二维码 AND state = NEW", "(and <二维码> state=[NEW])"},
           {"state = NEW 二维码", "(and state=[NEW] <二维码>)"},
           {"\"face engine\" NOT retired", "(and <face engine> (not <retired>))"},
           {"-retired -\"out of use\"", "(and (not <retired>) (not <out of use>))"},
           {"(闸机 OR 门禁) priority >= HIGH", "(and (or <闸机> <门禁>) priority>=[HIGH])"},
           {"a b OR c d=1", "(and <a> (or <b> <c>) d=[1])"},
           {"a b=1 c", "(and <a> b=[1] <c>)"},
           {"\"a\"\"b\"c", "(and <a> <b> <c>)"},
           {"\"a\"(b)", "(and <a> <b>)"},
           {"a (b)", "(and <a> <b>)"},
           {"((词))", "<词>"},
       }) {
    const auto node = Parse(c.filter);
    ASSERT_TRUE(node.ok()) << c.filter << "\n" << node.status();
    ASSERT_TRUE(node->has_value()) << c.filter;
    EXPECT_EQ(Dump(**node), c.want) << c.filter;
  }
}

TEST(ParserTest, NothingIsNoFilter) {
  for (const char* filter : {"", " ", "\t\r\n  "}) {
    const auto node = Parse(filter);
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_FALSE(node->has_value());
  }
}

TEST(ParserTest, RemembersWhereThingsStand) {
  const auto node = Parse("  title : \"x\"");
  ASSERT_TRUE(node.ok());
  EXPECT_EQ((*node)->restriction.field_position, 2u);
  EXPECT_EQ((*node)->restriction.comparator_position, 8u);
  EXPECT_EQ((*node)->restriction.argument_position, 10u);
  const auto words = Parse(" 门 \"x\"");
  ASSERT_TRUE(words.ok());
  EXPECT_EQ((*words)->operands[0].literal.position, 1u);
  EXPECT_EQ((*words)->operands[1].literal.position, 5u);
}

struct Bad {
  std::string filter;
  std::string position;
  std::string message;
};

void ExpectError(const Bad& c) {
  const absl::Status status = Parse(c.filter).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.filter;
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FILTER) << c.filter;
  const auto info = GetErrorInfo(status);
  ASSERT_TRUE(info.has_value()) << c.filter;
  ASSERT_EQ(info->metadata().count("position"), 1u);
  EXPECT_EQ(info->metadata().at("position"), c.position) << c.filter << "\n" << status;
  EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.filter;
}

TEST(ParserTest, NamesThePlaceOfAnError) {
  for (const Bad& c : std::vector<Bad>{
           {"\"\"", "0", "an empty text"},
           {"a=1 AND ''", "8", "an empty text"},
           {"NOT \"\"", "4", "an empty text"},
           {"\"a\" = 1", "0", "\"a\" is not a field"},
           {"1a = 1", "0", "\"1a\" is not a field"},
           {"a..b = 1", "0", "is not a field"},
           {".a = 1", "0", "is not a field"},
           {"a. = 1", "0", "is not a field"},
           {"a-b = 1", "0", "\"a-b\" is not a field"},
           {"a/b = 1", "0", "is not a field"},
           {"* = 1", "0", "is not a field"},
           {"名称 = 1", "0", "\"名称\" is not a field"},
           {"state =", "7", "expected a value for \"state\" before the end of the filter"},
           {"word state = ", "13", "expected a value for \"state\" before the end of the filter"},
           {"state = AND word", "8", "AND is a keyword"},
           {"word = ", "7", "expected a value for \"word\""},
           {"门禁 = 1", "0", "\"门禁\" is not a field"},
           {"word 门禁:x", "5", "\"门禁\" is not a field"},
           {"12:30", "0", "\"12\" is not a field"},
           {"word -", "6", "expected a field or a word before the end"},
           {"word - other", "5", "directly before"},
           {"word OR", "7", "expected a field or a word before the end"},
           {"NOT NOT word", "4", "negation of a negation"},
           {"门禁(闸机)", "0", "functions are not supported"},
           {"word, other", "4", "\",\" has no meaning"},
           {"a =", "3", "expected a value for \"a\" before the end of the filter"},
           {"a = )", "4", "expected a value for \"a\" before )"},
           {"a = = 1", "4", "expected a value"},
           {"a == 1", "3", "expected a value"},
           {"a = - 5", "4", "expected a value"},
           {"a = -\"5\"", "4", "expected a value"},
           {"a = --5", "4", "expected a value"},
           {"a = b = c", "6", "\"=\" does not belong here"},
           {"a = AND", "4", "AND is a keyword"},
           {"a = NOT b", "4", "NOT is a keyword"},
           {"a = (b OR c)", "4", "a field is compared with one value"},
           {"= 1", "0", "expected a field or a word before \"=\""},
           {"AND", "0", "expected a field or a word before \"AND\""},
           {"a=1 AND", "7", "expected a field or a word before the end"},
           {"a=1 AND AND b=2", "8", "expected a field"},
           {"a=1 OR", "6", "expected a field"},
           {"OR a=1", "0", "expected a field"},
           {"NOT", "3", "expected a field"},
           {"NOT NOT a=1", "4", "negation of a negation"},
           {"--a=1", "1", "negation of a negation"},
           {"NOT -a=1", "4", "negation of a negation"},
           {"- a=1", "0", "directly before"},
           {"(a=1", "4", "expected ) before the end"},
           {"a=1)", "3", ") does not belong here"},
           {"()", "1", "expected a field or a word before )"},
           {"(", "1", "expected a field"},
           {")", "0", "expected a field"},
           {"a=1 AND (b=2 OR", "15", "expected a field"},
           {"size(a) = 1", "0", "functions are not supported"},
           {"a:b:c", "3", "\":\" does not belong here"},
           {"a = 05:06", "6", "\":\" does not belong here"},
           {"a = \"open", "4", "quote is not closed"},
           {"a = 'open\"", "4", "quote is not closed"},
           {"a = \"x\\", "6", "after a backslash"},
           {"a = \"x\\n\"", "6", "after a backslash"},
           {"a = \"x\\u0041\"", "6", "after a backslash"},
           {"a & b", "2", "\"&\" has no meaning"},
           {"a = 1; DROP TABLE x", "5", "\";\" has no meaning"},
           {"a = `b`", "4", "has no meaning"},
           {"a = b,c", "5", "has no meaning"},
           {"a ! = 1", "2", "has no meaning"},
           {"a = ?", "4", "\"?\" has no meaning"},
           {"a = {b}", "4", "has no meaning"},
           {"a = \x01", "4", "\"?\" has no meaning"},
           {std::string("a = \0", 5), "4", "NUL"},
           {std::string("a = \"x\0y\"", 9), "6", "NUL"},
           {"a = \"\xFF\"", "5", "UTF-8"},
           {"a = \xC0\x80", "4", "UTF-8"},
           {"a = \xED\xA0\x80", "4", "UTF-8"},
           {"门\xE7\xA6", "3", "UTF-8"},
       }) {
    ExpectError(c);
  }
}

TEST(ParserTest, BoundsTheDepth) {
  const auto nested = [](int depth) { return std::string(depth, '(') + "a=1" + std::string(depth, ')'); };
  EXPECT_TRUE(Parse(nested(kMaxDepth)).ok());
  ExpectError({nested(kMaxDepth + 1), absl::StrCat(kMaxDepth), "at most 32 deep"});
  ExpectError({std::string(4000, '('), absl::StrCat(kMaxDepth), "at most 32 deep"});
  std::string negated;
  for (int i = 0; i < kMaxDepth; ++i) negated += "NOT (";
  EXPECT_TRUE(Parse(negated + "a=1" + std::string(kMaxDepth, ')')).ok());
  ExpectError({"-(" + negated + "a=1" + std::string(kMaxDepth + 1, ')'), absl::StrCat(2 + 5 * kMaxDepth - 1), "deep"});
  // Depth is what is open, not what there is.
  std::string wide;
  for (int i = 0; i < kMaxRestrictions; ++i) wide += "(a=1)";
  EXPECT_TRUE(Parse(wide).ok());
}

TEST(ParserTest, BoundsTheNumberOfComparisons) {
  std::string filter;
  for (int i = 0; i < kMaxRestrictions; ++i) filter += "a=1 ";
  EXPECT_TRUE(Parse(filter).ok());
  ExpectError({filter + "b=2", "400", "at most 100 comparisons"});
}

TEST(ParserTest, BoundsTheNumberOfLiterals) {
  std::string filter;
  for (int i = 0; i < kMaxLiterals; ++i) filter += i % 2 == 0 ? "词 " : "\"a\" ";
  EXPECT_TRUE(Parse(filter).ok());
  EXPECT_TRUE(Parse(filter + "a=1 b=2").ok());
  ExpectError({filter + "(b)", absl::StrCat(filter.size() + 1), "at most 10 words may stand alone"});
}

TEST(ParserTest, BoundsALiteral) {
  std::string characters;
  for (size_t i = 0; i < kMaxLiteralCharacters; ++i) characters += i % 2 == 0 ? "门" : "😀";
  EXPECT_TRUE(Parse(characters).ok());
  EXPECT_TRUE(Parse("'" + characters + "'").ok());
  ExpectError({"a=1 " + characters + "x", "4", "at most 100 characters"});
  ExpectError({"'" + characters + "x'", "0", "at most 100 characters"});
  // What is compared may be longer.
  EXPECT_TRUE(Parse("a:'" + characters + "x'").ok());
}

TEST(ParserTest, BoundsTheLength) {
  const std::string start = "a = ";
  EXPECT_TRUE(Parse(start + std::string(kMaxFilterLength - start.size(), 'x')).ok());
  ExpectError({start + std::string(kMaxFilterLength - start.size() + 1, 'x'), "4096", "at most 4096 bytes"});
  ExpectError({std::string(1 << 20, ' '), "4096", "at most 4096 bytes"});
}

TEST(QuotedTest, IsShortAndReadable) {
  EXPECT_EQ(Quoted("state"), "\"state\"");
  EXPECT_EQ(Quoted("a\nb\x7f\x01"), "\"a?b??\"");
  EXPECT_EQ(Quoted(std::string(41, 'x')), absl::StrCat("\"", std::string(40, 'x'), "…\""));
  EXPECT_EQ(Quoted("门门门门门门门门门门门门门门"), "\"门门门门门门门门门门门门门…\"");
  EXPECT_EQ(Quoted("a\xFF\xE9\x97z"), "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
  EXPECT_EQ(FindInvalidUtf8(Quoted("x门门门门门门门门门门门门门门")), std::string::npos);
}

}  // namespace
}  // namespace docket::filter
