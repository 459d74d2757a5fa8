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
#include "common/mysql/connection.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"

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

struct Row {
  std::vector<mysql::Value>& requests;
  std::vector<mysql::Value>& targets;
};

// What a request says follows from its index alone.
void AppendRequest(int64_t index, int64_t number, int year, Row out) {
  std::seed_seq seed{static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32)};
  std::mt19937 random(seed);
  const auto pick = [&](size_t count) { return static_cast<size_t>(random()) % count; };
  const size_t system = pick(kSystems.size());
  const std::string need = kNeeds[pick(kNeeds.size())];
  const std::string id = CorpusId(index);
  const int64_t created = absl::ToUnixMicros(CreateTime(index));
  const int level = 1 + static_cast<int>(pick(4));
  // As years pass, nearly everything has been closed.
  const int state = pick(20) == 0 ? kFirstState + static_cast<int>(pick(kLastState - kFirstState)) : kLastState;
  const std::string minor = absl::StrCat(index % 97);
  out.requests.insert(out.requests.end(),
                      {kCorpusOrganization,
                       id,
                       absl::StrFormat("REQ-%d-%06d", year, number),
                       absl::StrCat(kTitles[system], "升级至 4.", minor, "：", need),
                       state,
                       1 + static_cast<int>(pick(2)),
                       1 + static_cast<int>(pick(7)),
                       absl::StrCat(need, "，适用于第", index % 26 + 1, "栋及地库，编号", index, "。"),
                       absl::StrCat(kProblems[pick(kProblems.size())], "，近三个月发生", pick(40), "次。"),
                       absl::StrCat("涉及", pick(2000), "户住户，预计中断", pick(90), "分钟。"),
                       level,
                       level,
                       level,
                       1,
                       absl::StrCat("organizations/yunqi/people/p", pick(200)),
                       kDepartments[pick(kDepartments.size())],
                       created,
                       created,
                       created,
                       9,
                       "",
                       "",
                       "",
                       "",
                       "",
                       "",
                       "",
                       0});
  const size_t targets = 1 + pick(2);
  for (size_t position = 0; position < targets; ++position) {
    out.targets.insert(out.targets.end(), {kCorpusOrganization, id, static_cast<int64_t>(position),
                                           kSystems[(system + position) % kSystems.size()], "",
                                           absl::StrCat("4.", minor, ".0"), absl::StrCat("4.", minor, ".1")});
  }
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
  mysql::ConnectionOptions connection;
  connection.socket = socket;
  connection.user = "root";
  connection.database = "docket_request";
  const auto pool = mysql::Pool::Create({.connection = connection, .max_connections = 1});
  const mysql::MultiInsert requests("request", {"organization_id",
                                                "request_id",
                                                "request_number",
                                                "title",
                                                "state",
                                                "kind",
                                                "source",
                                                "need",
                                                "problem",
                                                "business_impact",
                                                "urgency",
                                                "impact",
                                                "priority",
                                                "necessity_ground",
                                                "requester",
                                                "department_id",
                                                "create_time_us",
                                                "update_time_us",
                                                "submit_time_us",
                                                "revision",
                                                "source_reference",
                                                "necessity_rationale",
                                                "documents",
                                                "endorser",
                                                "triager",
                                                "state_reason",
                                                "conclusion",
                                                "result"});
  const mysql::MultiInsert targets("request_target", {"organization_id", "request_id", "position", "system_id",
                                                      "component_id", "from_version", "to_version"});
  std::map<int, int64_t> numbers;
  for (int64_t first = 0; first < count; first += kBatch) {
    std::vector<mysql::Value> request_values;
    std::vector<mysql::Value> target_values;
    for (int64_t index = first; index < std::min(first + kBatch, count); ++index) {
      const int year = static_cast<int>(absl::ToCivilYear(CreateTime(index), absl::UTCTimeZone()).year());
      AppendRequest(index, ++numbers[year], year, {request_values, target_values});
    }
    const auto write = [&](mysql::Transaction& tx) -> absl::Status {
      DOCKET_RETURN_IF_ERROR(requests.Run(tx, request_values).status());
      return targets.Run(tx, target_values).status();
    };
    DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(*pool, absl::Now() + absl::Minutes(1), write));
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
