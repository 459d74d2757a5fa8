// What a process that is going to be killed knows for certain: one line for each event before it is sent, for each
// acknowledgement, and for each checkpoint that it was given. A line that kill -9 cut short says nothing: what it would
// have said had not happened yet.
#ifndef DOCKET_TESTS_FAULT_CRASH_JOURNAL_H_
#define DOCKET_TESTS_FAULT_CRASH_JOURNAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "docket/event/v1/event.pb.h"

namespace docket::fault {

struct JournalContent {
  // By event id.
  std::map<std::string, event::v1::Event> sent;
  std::map<std::string, uint64_t> acknowledged;
  // Notes by size.
  std::map<uint64_t, std::string> checkpoints;

  // In no particular order.
  std::vector<event::v1::Event> Unacknowledged() const;
};

// Thread-safe.
class CrashJournal {
 public:
  explicit CrashJournal(std::string path) : path_(std::move(path)) {}

  absl::Status Sent(const std::vector<event::v1::Event>& events) const;
  absl::Status Acknowledged(absl::string_view event_id, uint64_t index) const;
  absl::Status Checkpoint(uint64_t size, absl::string_view note) const;

  // DATA_LOSS where an event was acknowledged with two indexes, or a size has two notes.
  absl::StatusOr<JournalContent> Read() const;

 private:
  absl::Status Write(const std::string& lines) const;

  const std::string path_;
};

}  // namespace docket::fault

#endif  // DOCKET_TESTS_FAULT_CRASH_JOURNAL_H_
