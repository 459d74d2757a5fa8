// The part of LogStore that finds out where in the log to look.
#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mysql/in_list.h"
#include "common/status/status_macros.h"
#include "services/audit/log_store.h"

namespace docket::audit {
namespace {

constexpr char kSelectReceived[] = "SELECT log_index, receive_us FROM entry WHERE log_index IN ";
// Places looked at by one statement: a log of ten million entries takes six, where halving would take twenty-three.
constexpr uint64_t kPlaces = 16;
constexpr char kSelectOccurred[] =
    "SELECT MIN(w.log_index), MAX(w.log_index), COUNT(*) FROM (SELECT log_index FROM entry FORCE INDEX (by_occur) "
    "WHERE organization_id = ? AND occur_us >= ? AND occur_us < ? AND log_index < ? LIMIT ?) AS w";
// The last of so many entries; an index alone answers.
constexpr char kSelectStretchDown[] =
    "SELECT MIN(w.log_index), COUNT(*) FROM (SELECT log_index FROM entry "
    "WHERE organization_id = ? AND log_index >= ? AND log_index < ? ORDER BY log_index DESC LIMIT ?) AS w";
constexpr char kSelectStretchUp[] =
    "SELECT MAX(w.log_index), COUNT(*) FROM (SELECT log_index FROM entry "
    "WHERE organization_id = ? AND log_index >= ? AND log_index < ? ORDER BY log_index LIMIT ?) AS w";

}  // namespace

absl::StatusOr<uint64_t> LogStore::FirstReceivedAt(int64_t receive_us, uint64_t end, absl::Time deadline) const {
  // The log's time never runs backwards, so it can be divided; that takes no index of its own.
  uint64_t begin = 0;
  while (begin < end) {
    std::vector<uint64_t> places;
    const uint64_t step = std::max<uint64_t>((end - begin) / (kPlaces + 1), 1);
    for (uint64_t place = begin + step - 1; place < end && places.size() < kPlaces; place += step)
      places.push_back(place);
    const mysql::InList list(places);
    DOCKET_ASSIGN_OR_RETURN(const auto rows,
                            pool_.Query(deadline, absl::StrCat(kSelectReceived, list.sql()), list.After({})));
    std::map<uint64_t, int64_t> received;
    for (const mysql::Row& row : rows) received[row.UInt(0)] = row.Int(1);
    for (const uint64_t place : places) {
      const auto found = received.find(place);
      if (found == received.end()) return absl::DataLossError(absl::StrCat("entry ", place, " is missing"));
      if (found->second >= receive_us) {
        end = place;
        break;
      }
      begin = place + 1;
    }
  }
  return begin;
}

absl::StatusOr<std::pair<uint64_t, uint64_t>> LogStore::RangeOccurred(const std::string& organization_id,
                                                                      int64_t from_us, int64_t to_us, uint64_t end,
                                                                      int max_entries, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(
      const auto rows,
      pool_.Query(deadline, kSelectOccurred, mysql::Params{organization_id, from_us, to_us, end, max_entries}));
  if (rows.empty() || rows[0].IsNull(0)) return std::pair<uint64_t, uint64_t>(0, 0);
  if (rows[0].Int(2) >= max_entries) return std::pair<uint64_t, uint64_t>(0, end);
  return std::pair<uint64_t, uint64_t>(rows[0].UInt(0), rows[0].UInt(1) + 1);
}

absl::StatusOr<std::pair<uint64_t, uint64_t>> LogStore::Stretch(const std::string& organization_id, uint64_t begin,
                                                                uint64_t end, bool newest_first, int count,
                                                                absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, newest_first ? kSelectStretchDown : kSelectStretchUp,
                                                       mysql::Params{organization_id, begin, end, count}));
  if (rows.empty() || rows[0].IsNull(0) || rows[0].Int(1) < count) return std::pair(begin, end);
  return newest_first ? std::pair(rows[0].UInt(0), end) : std::pair(begin, rows[0].UInt(0) + 1);
}

}  // namespace docket::audit
