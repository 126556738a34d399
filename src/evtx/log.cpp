#include "evtx/log.h"

#include "base/path.h"
#include "evtx/json_log.h"
#include "evtx/mapped_file.h"
#include "evtx/table_log.h"
#include "evtx/text_pieces.h"
#include "evtx/xml_log.h"

namespace muster::evtx {
namespace {

// The first character that is no blank; NUL where there is none.
char first_character(ByteView bytes) {
  std::string text;
  (void)TextPieces(bytes).next(text);
  const auto at = text.find_first_not_of(" \t\r\n");
  return at == text.npos ? '\0' : text[at];
}

}  // namespace

Expected<void> read_log(const std::filesystem::path& file, unsigned threads,
                        const OnBatch& on_batch) {
  const auto mapped = MappedFile::open(file);
  if (!mapped) return std::unexpected(mapped.error());
  const auto bytes = mapped->bytes();
  const auto first = first_character(bytes);
  if (is_evtx(bytes)) {
    read_evtx(*mapped, threads, on_batch);
  } else if (first == '<') {
    read_xml(bytes, on_batch);
  } else if (first == '{') {
    read_json_lines(bytes, on_batch);
  } else if (is_table(bytes)) {
    read_table(bytes, on_batch);
  } else {
    return fail(ErrorCode::not_a_log, text_of(file));
  }
  return {};
}

}  // namespace muster::evtx
