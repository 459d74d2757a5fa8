#include "tests/bench/request_corpus.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/identifier/uuid.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"
#include "services/request/request.h"
#include "services/request/request_search_worker.h"
#include "services/request/request_store.h"
#include "tests/bench/raw_load.h"

namespace docket::bench {
namespace {

constexpr int64_t kBatch = 1024;
constexpr absl::Duration kApart = absl::Seconds(20);
// Every state a submitted request can be in.
constexpr int kFirstState = 2;
constexpr int kLastState = 18;

constexpr std::array<const char*, 4> kSystems = {"access-control", "owner-app", "property-management", "inspection"};
constexpr std::array<const char*, 4> kTitles = {"门禁管理软件", "业主服务APP", "物业管理系统", "设备巡检软件"};
constexpr std::array<const char*, 5> kDepartments = {"security", "customer", "engineering", "finance", "it"};
constexpr std::array<const char*, 8> kNeeds = {"支持访客二维码限时通行", "缴费记录按年度导出", "工单超时自动提醒",
                                               "巡检路线离线可用",       "停车月卡在线续费",   "公告分楼栋推送",
                                               "设备台账批量导入",       "人脸识别误识率降低"};
constexpr std::array<const char*, 6> kProblems = {"早晚高峰排队超过十分钟", "手工统计容易出错",   "漏检事项无法追溯",
                                                  "退租人员仍可通行",       "业主投诉处理不及时", "断网时无法记录"};

absl::Time CreateTime(int64_t index) {
  return absl::FromCivil(absl::CivilSecond(2020, 1, 1), absl::UTCTimeZone()) + index * kApart;
}

// What a request says follows from its index alone.
request::Request MakeRequest(int64_t index, int64_t number, int year) {
  std::seed_seq seed{static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32)};
  std::mt19937 random(seed);
  const auto pick = [&](size_t count) { return static_cast<size_t>(random()) % count; };
  const size_t system = pick(kSystems.size());
  const std::string need = kNeeds[pick(kNeeds.size())];
  const std::string minor = absl::StrCat(index % 97);
  request::Request made;
  made.organization_id = kCorpusOrganization;
  made.id = CorpusId(index);
  made.number = absl::StrFormat("REQ-%d-%06d", year, number);
  made.form.title = absl::StrCat(kTitles[system], "升级至 4.", minor, "：", need);
  made.form.kind = pick(2) == 0 ? request::ChangeKind::kNormal : request::ChangeKind::kEmergency;
  made.form.source = request::Source::kForm;
  made.form.need = absl::StrCat(need, "，适用于第", index % 26 + 1, "栋及地库，编号", index, "。");
  made.form.problem = absl::StrCat(kProblems[pick(kProblems.size())], "，近三个月发生", pick(40), "次。");
  made.form.business_impact = absl::StrCat("涉及", pick(2000), "户住户，预计中断", pick(90), "分钟。");
  made.form.urgency = made.form.impact = made.priority = static_cast<request::Level>(1 + pick(4));
  made.form.necessity_ground = request::NecessityGround::kBusinessNeed;
  // As years pass, nearly everything has been closed.
  made.state = static_cast<request::RequestState>(
      pick(20) == 0 ? kFirstState + static_cast<int>(pick(kLastState - kFirstState)) : kLastState);
  made.requester = absl::StrCat("organizations/yunqi/people/p", pick(200));
  made.department_id = kDepartments[pick(kDepartments.size())];
  made.create_time = made.update_time = CreateTime(index);
  made.submit_time = made.create_time;
  made.revision = 9;
  const size_t targets = 1 + pick(2);
  for (size_t position = 0; position < targets; ++position) {
    made.form.targets.push_back({.system_id = kSystems[(system + position) % kSystems.size()],
                                 .from_version = absl::StrCat("4.", minor, ".0"),
                                 .to_version = absl::StrCat("4.", minor, ".1")});
  }
  return made;
}

}  // namespace

std::string CorpusId(int64_t index) {
  const int64_t milliseconds = absl::ToUnixMillis(CreateTime(index));
  std::string id(16, '\0');
  for (int i = 0; i < 6; ++i) id[static_cast<size_t>(i)] = static_cast<char>(milliseconds >> (8 * (5 - i)));
  id[6] = 0x70;
  id[8] = static_cast<char>(0x80);
  for (int i = 0; i < 4; ++i) id[static_cast<size_t>(12 + i)] = static_cast<char>(index >> (8 * (3 - i)));
  return id;
}

std::string CorpusName(int64_t index) {
  return absl::StrCat("organizations/", kCorpusOrganization, "/requests/", FormatUuid(CorpusId(index)));
}

absl::Status WriteCorpus(const std::string& socket, int64_t count) {
  const auto pool = mysql::Pool::Create({.connection = AsRoot(socket, "docket_request"), .max_connections = 1});
  request::RequestStore store(*pool);
  std::map<int, int64_t> numbers;
  for (int64_t first = 0; first < count; first += kBatch) {
    std::vector<request::Request> batch;
    for (int64_t index = first; index < std::min(first + kBatch, count); ++index) {
      const int year = static_cast<int>(absl::ToCivilYear(CreateTime(index), absl::UTCTimeZone()).year());
      batch.push_back(MakeRequest(index, ++numbers[year], year));
    }
    std::vector<const request::Request*> requests;
    for (const request::Request& made : batch) requests.push_back(&made);
    DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(*pool, absl::Now() + absl::Minutes(1),
                                                   [&](mysql::Transaction& tx) { return store.Insert(tx, requests); }));
  }
  // A service that runs meanwhile helps.
  request::SearchIndexer indexer(*pool);
  for (int indexed = 1; indexed > 0;) {
    DOCKET_ASSIGN_OR_RETURN(indexed, indexer.RunOnce(absl::Now() + absl::Minutes(1)));
  }
  // Whoever submits next goes on from here.
  for (const auto& [year, number] : numbers) {
    DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(
        *pool, absl::Now() + absl::Minutes(1), [&, year = year, number = number](mysql::Transaction& tx) {
          return tx
              .Execute(
                  "INSERT INTO request_counter (organization_id, year, last_number) VALUES (?, ?, ?)"
                  " ON DUPLICATE KEY UPDATE last_number = GREATEST(last_number, VALUES(last_number))",
                  {kCorpusOrganization, year, number})
              .status();
        }));
  }
  return absl::OkStatus();
}

}  // namespace docket::bench
