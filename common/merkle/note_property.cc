#include "common/merkle/note_property.h"

#include <vector>

#include "common/merkle/checkpoint.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note.h"
#include "common/merkle/note_key.h"
#include "common/merkle/tile.h"

namespace docket::merkle {
namespace {

std::string LinesAgain(const std::vector<NoteSignature>& lines) {
  std::string again;
  for (const NoteSignature& line : lines) again += FormatSignatureLine(line).value_or("?");
  return again;
}

}  // namespace

std::string CheckNoteProperty(absl::string_view bytes) {
  if (const auto note = ParseNote(bytes); note.ok() && FormatNote(*note).value_or("?") != bytes) {
    return "a note comes out differently";
  }
  if (const auto lines = ParseSignatureLines(bytes); lines.ok() && LinesAgain(*lines) != bytes) {
    return "signature lines come out differently";
  }
  if (const auto checkpoint = ParseCheckpoint(bytes);
      checkpoint.ok() && FormatCheckpoint(*checkpoint).value_or("?") != bytes) {
    return "a checkpoint comes out differently";
  }
  if (const auto key = NoteVerifier::Parse(bytes); key.ok() && key->ToText() != bytes) {
    return "a key comes out differently";
  }
  if (const auto key = CosignatureVerifier::Parse(bytes); key.ok() && key->ToText() != bytes) {
    return "a witness's key comes out differently";
  }
  if (const auto tile = ParseTilePath(bytes); tile.ok() && TilePath(*tile) != bytes) {
    return "a tile's path comes out differently";
  }
  if (const auto tile = ParseEntriesPath(bytes); tile.ok() && EntriesPath(*tile) != bytes) {
    return "a bundle's path comes out differently";
  }
  return "";
}

}  // namespace docket::merkle
