#include "common/rpc/localized_messages.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/status/error.h"

namespace docket::rpc {
namespace {

std::set<std::string> Placeholders(absl::string_view text) {
  std::set<std::string> found;
  for (size_t open = text.find('{'); open != absl::string_view::npos; open = text.find('{', open + 1)) {
    found.insert(std::string(text.substr(open, text.find('}', open) - open + 1)));
  }
  return found;
}

TEST(LocalizedMessagesTest, EveryReasonSpeaksBothLanguages) {
  std::set<int> reasons;
  for (const LocalizedText& text : LocalizedTexts()) {
    EXPECT_TRUE(reasons.insert(text.reason).second) << "twice: " << ReasonName(text.reason);
    EXPECT_FALSE(text.zh_cn.empty());
    EXPECT_FALSE(text.en.empty());
    EXPECT_NE(text.zh_cn, text.en);
    EXPECT_EQ(Placeholders(text.zh_cn), Placeholders(text.en)) << ReasonName(text.reason);
  }
  const auto* descriptor = common::v1::Reason_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const int reason = descriptor->value(i)->number();
    EXPECT_EQ(reasons.count(reason), reason == 0 ? 0 : 1) << descriptor->value(i)->name();
  }
}

TEST(LocalizedMessagesTest, FillsPlaceholders) {
  google::rpc::ErrorInfo info;
  info.set_reason("WRONG_STATE");
  (*info.mutable_metadata())["state"] = "DRAFT";
  EXPECT_EQ(Localize(info, Language::kEnglish), "Its state is DRAFT, which does not allow this. Allowed: -.");
  EXPECT_EQ(Localize(info, Language::kChinese), "当前状态为DRAFT，不能执行此操作；允许的状态：-。");
}

TEST(LocalizedMessagesTest, IsBounded) {
  google::rpc::ErrorInfo info;
  info.set_reason("NOT_FOUND");
  std::string name;
  for (int i = 0; i < 1000; ++i) name += "字";
  (*info.mutable_metadata())["resource"] = name;
  const std::string text = Localize(info, Language::kEnglish);
  EXPECT_EQ(text.size(), std::string("Not found: .").size() + 198) << "cut at a character's border";
}

TEST(LocalizedMessagesTest, PlaceholdersOfValuesAreNotFilled) {
  google::rpc::ErrorInfo info;
  info.set_reason("NOT_FOUND");
  (*info.mutable_metadata())["resource"] = "{resource}";
  EXPECT_EQ(Localize(info, Language::kEnglish), "Not found: {resource}.");
}

TEST(LocalizedMessagesTest, UnknownReasonsReadAsInternal) {
  google::rpc::ErrorInfo info;
  info.set_reason("FROM_THE_FUTURE");
  EXPECT_EQ(Localize(info, Language::kEnglish),
            "Something went wrong inside. Please give your administrator the trace id -.");
}

}  // namespace
}  // namespace docket::rpc
