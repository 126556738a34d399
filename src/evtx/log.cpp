#include "evtx/log.h"

#include "evtx/mapped_file.h"

namespace muster::evtx {

Expected<void> read_log(const std::filesystem::path& file, unsigned threads,
                        const OnBatch& on_batch) {
  const auto mapped = MappedFile::open(file);
  if (!mapped) return std::unexpected(mapped.error());
  if (!is_evtx(mapped->bytes())) return fail(ErrorCode::not_a_log, file.string());
  read_evtx(*mapped, threads, on_batch);
  return {};
}

}  // namespace muster::evtx
