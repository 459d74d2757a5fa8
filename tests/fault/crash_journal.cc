#include "tests/fault/crash_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace docket::fault {
namespace {

constexpr char kSent[] = "sent";
constexpr char kAcknowledged[] = "acknowledged";
constexpr char kCheckpoint[] = "checkpoint";
// Ends a line that is whole.
constexpr char kEnd[] = " .";

absl::Status ReadLine(const std::vector<std::string>& words, JournalContent& content) {
  const absl::Status damaged = absl::DataLossError(absl::StrCat("a damaged line of the journal: ", words[0]));
  std::string bytes;
  uint64_t number = 0;
  if (words[0] == kSent && words.size() == 2) {
    event::v1::Event event;
    if (!absl::Base64Unescape(words[1], &bytes) || !event.ParseFromString(bytes)) return damaged;
    content.sent[event.event_id()] = event;
    return absl::OkStatus();
  }
  if (words.size() != 3) return damaged;
  if (words[0] == kAcknowledged && absl::SimpleAtoi(words[2], &number)) {
    const auto [there, is_new] = content.acknowledged.try_emplace(words[1], number);
    return is_new || there->second == number
               ? absl::OkStatus()
               : absl::DataLossError(absl::StrCat(words[1], " was acknowledged as ", there->second, " and ", number));
  }
  if (words[0] == kCheckpoint && absl::SimpleAtoi(words[1], &number) && absl::Base64Unescape(words[2], &bytes)) {
    const auto [there, is_new] = content.checkpoints.try_emplace(number, bytes);
    return is_new || there->second == bytes
               ? absl::OkStatus()
               : absl::DataLossError(absl::StrCat("size ", number, " has two checkpoints"));
  }
  return damaged;
}

}  // namespace

std::vector<event::v1::Event> JournalContent::Unacknowledged() const {
  std::vector<event::v1::Event> events;
  for (const auto& [id, event] : sent) {
    if (!acknowledged.contains(id)) events.push_back(event);
  }
  return events;
}

absl::Status CrashJournal::Sent(const std::vector<event::v1::Event>& events) const {
  std::string lines;
  for (const event::v1::Event& event : events) {
    absl::StrAppend(&lines, kSent, " ", absl::Base64Escape(event.SerializeAsString()), kEnd, "\n");
  }
  return Write(lines);
}

absl::Status CrashJournal::Acknowledged(absl::string_view event_id, uint64_t index) const {
  return Write(absl::StrCat(kAcknowledged, " ", event_id, " ", index, kEnd, "\n"));
}

absl::Status CrashJournal::Checkpoint(uint64_t size, absl::string_view note) const {
  return Write(absl::StrCat(kCheckpoint, " ", size, " ", absl::Base64Escape(note), kEnd, "\n"));
}

absl::Status CrashJournal::Write(const std::string& lines) const {
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError("the journal cannot be opened");
  const auto close_file = absl::MakeCleanup([fd] { close(fd); });
  // Behind a line that was cut short, a new one begins.
  const std::string text = absl::StrCat("\n", lines);
  return write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size())
             ? absl::OkStatus()
             : absl::UnavailableError("the journal cannot be written");
}

absl::StatusOr<JournalContent> CrashJournal::Read() const {
  JournalContent content;
  std::ifstream file(path_, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    absl::string_view whole = line;
    if (!absl::ConsumeSuffix(&whole, kEnd)) continue;
    const std::vector<std::string> words = absl::StrSplit(whole, ' ');
    const absl::Status status = ReadLine(words, content);
    if (!status.ok()) return status;
  }
  return content;
}

}  // namespace docket::fault
