#include "services/request/attachment/media_type.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace docket::request {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsPdf(absl::string_view head) { return absl::StartsWith(head, "%PDF-"); }
bool IsPng(absl::string_view head) { return absl::StartsWith(head, "\x89PNG\r\n\x1A\n"); }
bool IsJpeg(absl::string_view head) { return absl::StartsWith(head, "\xFF\xD8\xFF"); }

bool IsZip(absl::string_view head) {
  // The second is the end record of an archive without entries.
  return absl::StartsWith(head, "PK\x03\x04") || absl::StartsWith(head, "PK\x05\x06");
}

// An Office document is an archive whose first entry is one of the package's own, whichever program wrote it.
bool IsOffice(absl::string_view head) {
  constexpr size_t kLengthAt = 26, kNameAt = 30;
  if (!absl::StartsWith(head, "PK\x03\x04") || head.size() < kNameAt) return false;
  const size_t length =
      static_cast<unsigned char>(head[kLengthAt]) + 256u * static_cast<unsigned char>(head[kLengthAt + 1]);
  const absl::string_view name = head.substr(kNameAt, length);
  for (const absl::string_view start :
       {"[Content_Types].xml", "_rels/", "docProps/", "customXml/", "word/", "xl/", "ppt/"}) {
    if (absl::StartsWith(name, start)) return true;
  }
  return false;
}

bool IsAnyText(absl::string_view) { return true; }

// The first character that is no space; NUL where the head holds none.
char FirstVisible(absl::string_view head) {
  absl::ConsumePrefix(&head, kByteOrderMark);
  const size_t at = head.find_first_not_of(" \t\r\n");
  return at == absl::string_view::npos ? '\0' : head[at];
}

bool IsJson(absl::string_view head) {
  const char first = FirstVisible(head);
  return first != '\0' && absl::string_view("{[\"-0123456789tfn").find(first) != absl::string_view::npos;
}

bool IsXml(absl::string_view head) { return FirstVisible(head) == '<'; }

const std::array<MediaType, 12>& MediaTypes() {
  static const auto* const kTypes = new std::array<MediaType, 12>{{
      {"application/pdf", {"pdf"}, false, IsPdf},
      {"image/png", {"png"}, false, IsPng},
      {"image/jpeg", {"jpg", "jpeg"}, false, IsJpeg},
      {"application/zip", {"zip"}, false, IsZip},
      {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", {"docx"}, false, IsOffice},
      {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", {"xlsx"}, false, IsOffice},
      {"application/vnd.openxmlformats-officedocument.presentationml.presentation", {"pptx"}, false, IsOffice},
      {"text/plain", {"txt", "log"}, true, IsAnyText},
      {"text/csv", {"csv"}, true, IsAnyText},
      {"text/markdown", {"md"}, true, IsAnyText},
      {"application/json", {"json"}, true, IsJson},
      {"application/xml", {"xml"}, true, IsXml},
  }};
  return *kTypes;
}

}  // namespace

const MediaType* FindMediaType(absl::string_view name) {
  for (const MediaType& type : MediaTypes()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::string MediaTypeNames() {
  return absl::StrJoin(MediaTypes(), ", ", [](std::string* out, const MediaType& type) { out->append(type.name); });
}

}  // namespace docket::request
