// links: muster_evtx muster_base
// A chunk of an .evtx file: whatever it holds, reading ends, texts are UTF-8, and a reader that has
// read other chunks reads the same.
#include "evtx/chunk.h"

#include "base/ids.h"
#include "evtx/evtx_file.h"
#include "must.h"

namespace {

using namespace muster;
using namespace muster::evtx;

// Control characters may stand in a log; they are of one byte and no part of another character.
bool is_utf8(std::string_view text) {
  std::string visible(text);
  for (auto& c : visible) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  for (std::size_t at = visible.find('\xc2'); at != visible.npos;
       at = visible.find('\xc2', at + 1)) {
    // U+0080 to U+009F are controls too; U+00A0 and later are not.
    if (at + 1 < visible.size() && static_cast<unsigned char>(visible[at + 1]) < 0xa0) {
      visible[at + 1] = '\xa0';
    }
  }
  return valid_text(visible, visible.size());
}

void check(const Batch& batch) {
  for (const auto& record : batch.records()) {
    fuzz::must(!record.time || known_time(*record.time));
    for (const auto text : {record.provider, record.source, record.channel, record.computer}) {
      fuzz::must(is_utf8(text));
    }
    for (const auto text : record.data) fuzz::must(is_utf8(text));
  }
  for (const auto& skipped : batch.skipped()) {
    const auto line = describe(skipped);
    fuzz::must(valid_text(line, line.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ChunkReader used;
  static Batch again;
  const ByteView chunk(data, std::min(size, kChunkSize));
  ChunkReader fresh;
  Batch batch;
  fresh.read(chunk, 0, batch);
  batch.seal();
  check(batch);
  again.clear();
  used.read(chunk, 0, again);
  again.seal();
  fuzz::must(again.records().size() == batch.records().size());
  fuzz::must(again.skipped().size() == batch.skipped().size());
  (void)is_evtx(chunk);
  return 0;
}
