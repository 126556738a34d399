// links: muster_analyser muster_evtx muster_core muster_base
// A request of a KMS host's log, as strings that NUL divides: what is understood is within its
// bounds, comes back from its own text, and shows nothing that a terminal obeys; dates and shapes
// of it are read to their end.
#include <fmt/format.h>

#include <vector>

#include "analyser/kms_events.h"
#include "analyser/local_date.h"
#include "analyser/mask.h"
#include "analyser/products.h"
#include "base/shown.h"
#include "must.h"

namespace {

using namespace muster;
using namespace muster::analyser;

std::vector<std::string_view> strings_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find('\0');
    out.push_back(text.substr(0, end));
    if (end == text.npos) return out;
    text.remove_prefix(end + 1);
  }
}

void check_request(const ServedRequest& request) {
  fuzz::must(request.threshold >= 1 && request.threshold <= 5'000);
  const auto shown = shown_text(request.name, 64);
  fuzz::must(valid_text(shown, shown.size()));
  if (!request.client_time) return;
  const auto line = fmt::format(
      "{:#x},{},{},{},{},{},{},{},{}", request.hresult, request.threshold, request.name,
      request.cmid.text(), format_time(*request.client_time).substr(0, 10) + " 08:00",
      request.is_virtual ? 1 : 0, request.state, request.minutes_left, request.product.text());
  const std::vector<std::string_view> data{line};
  std::string scratch;
  const auto again = read_served(data, scratch);
  fuzz::must(again && again->name == request.name && again->cmid == request.cmid);
  fuzz::must(again->threshold == request.threshold && again->hresult == request.hresult);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = as_text(ByteView(bytes, size));
  const auto data = strings_of(text);
  std::string scratch;
  if (const auto request = read_served(data, scratch)) check_request(*request);
  fuzz::must(!read_ask(data) || data.size() > 0);
  fuzz::must(!read_answer(data) || data.size() > 0);

  std::string masked;
  append_without_keys(masked, text, 8230);
  fuzz::must(masked.size() <= text.size());
  const auto shape = shape_of(text);
  fuzz::must(valid_text(shape, shape.size()));

  std::vector<DatedLine> lines;
  for (const auto one : data) {
    if (const auto date = LocalDate::parse(one)) lines.push_back({*date, read_client_time(one)});
  }
  if (const auto dating = date_lines(lines, nullptr))
    fuzz::must(dating->times.size() == lines.size());
  (void)Zone::from_file(ByteView(bytes, size));
  static const Products products;
  auto more = products;
  (void)more.add(text);
  return 0;
}
