#include "services/request/search/posting_walk.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr DocumentNumber kNewest = std::numeric_limits<DocumentNumber>::max();

// Lists in memory, and how much of them was read.
class FakePostings : public PostingSource {
 public:
  void Add(const std::string& term, DocumentNumber document) { lists_[term][BlockOf(document)].Add(document); }

  absl::StatusOr<std::vector<Posting>> Newest(const std::vector<std::string>& terms, int64_t newest_block,
                                              int limit) override {
    std::vector<Posting> found;
    for (size_t term = 0; term < terms.size(); ++term) {
      const auto& list = lists_[terms[term]];
      int left = limit;
      for (auto block = list.upper_bound(newest_block); block != list.begin() && left > 0; --left) {
        --block;
        found.push_back({.term = term, .block = block->first, .members = block->second});
      }
    }
    read_ += found.size();
    return found;
  }

  absl::StatusOr<std::vector<Posting>> At(const std::vector<std::string>& terms,
                                          const std::vector<int64_t>& blocks) override {
    std::vector<Posting> found;
    for (size_t term = 0; term < terms.size(); ++term) {
      for (const int64_t block : blocks) {
        const auto posting = lists_[terms[term]].find(block);
        if (posting == lists_[terms[term]].end()) continue;
        found.push_back({.term = term, .block = block, .members = posting->second});
      }
    }
    read_ += found.size();
    return found;
  }

  size_t read() const { return read_; }

 private:
  std::map<std::string, std::map<int64_t, BlockMembers>> lists_;
  size_t read_ = 0;
};

std::vector<DocumentNumber> All(PostingWalk& walk) {
  std::vector<DocumentNumber> all;
  while (!walk.at_end()) {
    const auto more = walk.Next();
    EXPECT_TRUE(more.ok());
    for (const DocumentNumber document : *more) EXPECT_GE(document, walk.reached());
    all.insert(all.end(), more->begin(), more->end());
  }
  return all;
}

TEST(PostingWalkTest, NewestFirstAndOnlyThoseWithAllTerms) {
  FakePostings postings;
  for (const DocumentNumber document : {5, 6, 5000, 70000}) postings.Add("a", document);
  for (const DocumentNumber document : {4, 6, 5001, 70000}) postings.Add("b", document);
  PostingWalk both(postings, {"a", "b"}, kNewest);
  EXPECT_THAT(All(both), ElementsAre(70000, 6));
  PostingWalk one(postings, {"a"}, 5000);
  EXPECT_THAT(All(one), ElementsAre(6, 5));
  PostingWalk missing(postings, {"a", "nowhere"}, kNewest);
  EXPECT_THAT(All(missing), IsEmpty());
  PostingWalk from_the_end(postings, {"a"}, 1);
  EXPECT_THAT(All(from_the_end), IsEmpty());
}

TEST(PostingWalkTest, EqualsIntersectionOfRandomLists) {
  std::mt19937 random(5);
  for (int round = 0; round < 40; ++round) {
    FakePostings postings;
    const size_t terms = 1 + random() % 4;
    std::vector<std::set<DocumentNumber>> lists(terms);
    std::vector<std::string> names;
    for (size_t term = 0; term < terms; ++term) {
      names.push_back(absl::StrCat("t", term));
      // From in every second document to in a handful.
      const int64_t apart = 2 << (random() % 12);
      for (DocumentNumber document = 1; document < 60000; document += 1 + static_cast<int64_t>(random()) % apart) {
        lists[term].insert(document);
        postings.Add(names[term], document);
      }
    }
    const DocumentNumber before = random() % 2 == 0 ? kNewest : static_cast<DocumentNumber>(random() % 60000);
    std::vector<DocumentNumber> expected;
    for (auto document = lists[0].rbegin(); document != lists[0].rend(); ++document) {
      if (*document < before &&
          std::all_of(lists.begin(), lists.end(), [&](const auto& list) { return list.count(*document) > 0; })) {
        expected.push_back(*document);
      }
    }
    PostingWalk walk(postings, names, before);
    EXPECT_EQ(All(walk), expected);
  }
}

// What is read does not grow with the common list.
TEST(PostingWalkTest, ARareTermCostsItsOwnListOnly) {
  size_t read[2];
  for (int size = 0; size < 2; ++size) {
    FakePostings postings;
    const DocumentNumber documents = size == 0 ? 100'000 : 1'000'000;
    for (DocumentNumber document = 1; document < documents; document += 100) postings.Add("common", document);
    for (int i = 0; i < 10; ++i) postings.Add("rare", 1 + i * 9'000);
    PostingWalk walk(postings, {"common", "rare"}, kNewest);
    EXPECT_EQ(All(walk).size(), 10u);
    read[size] = postings.read();
  }
  EXPECT_EQ(read[0], read[1]);
  EXPECT_LE(read[0], 40u);
}

TEST(PostingWalkTest, AFirstLookAtCommonTermsIsShort) {
  FakePostings postings;
  for (DocumentNumber document = 1; document < 200'000; document += 8) {
    postings.Add("a", document);
    postings.Add("b", document);
  }
  PostingWalk walk(postings, {"a", "b"}, kNewest);
  const auto first = walk.Next();
  EXPECT_GT(first->size(), 300u);
  EXPECT_EQ(postings.read(), 8u);
  EXPECT_FALSE(walk.at_end());
}

}  // namespace
}  // namespace docket::request
