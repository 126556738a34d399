#include "evtx/csv_rows.h"

#include <algorithm>

namespace muster::evtx {

bool CsvRows::fill() {
  if (ended_) return false;
  text_at_ += at_ * pieces_.unit();
  text_.erase(0, at_);
  at_ = 0;
  if (text_.empty()) text_at_ = pieces_.at();
  ended_ = !pieces_.next(text_);
  return !ended_;
}

std::string& CsvRows::new_cell() {
  if (size_ == cells_.size()) cells_.emplace_back();
  auto& cell = cells_[size_++];
  cell.clear();
  return cell;
}

// One row from at_ on; `more` where the text ends before the row does.
CsvRows::Scan CsvRows::scan() {
  size_ = 0;
  auto at = at_;
  for (;;) {
    auto& cell = new_cell();
    if (at < text_.size() && text_[at] == '"') {
      for (++at;;) {
        const auto quote = text_.find('"', at);
        if (quote == text_.npos || quote - at_ > kLongestRow) {
          return quote == text_.npos && text_.size() - at_ <= kLongestRow && !ended_ ? Scan::more
                                                                                     : Scan::broken;
        }
        cell.append(text_, at, quote - at);
        at = quote + 1;
        if (at == text_.size() && !ended_) return Scan::more;
        if (at == text_.size() || text_[at] != '"') break;
        cell += '"';
        ++at;
      }
    }
    const char stops[] = {separator_, '\n', '"'};
    const auto stop = std::min(text_.find_first_of({stops, sizeof stops}, at), text_.size());
    if (stop - at_ > kLongestRow) return Scan::broken;
    if (stop == text_.size() && !ended_) return Scan::more;
    if (stop < text_.size() && text_[stop] == '"') return Scan::broken;
    cell.append(text_, at, stop - at);
    at = std::min(stop + 1, text_.size());
    if (stop < text_.size() && text_[stop] == separator_) continue;
    if (cell.ends_with('\r')) cell.pop_back();
    at_ = at;
    return Scan::row;
  }
}

void CsvRows::skip_line() {
  auto end = text_.find('\n', at_);
  while (end == text_.npos) {
    at_ = text_.size();
    if (!fill()) return;
    end = text_.find('\n', at_);
  }
  at_ = end + 1;
}

CsvRows::Next CsvRows::next() {
  for (;;) {
    if (at_ == text_.size() && !fill()) return Next::end;
    offset_ = text_at_ + at_ * pieces_.unit();
    switch (scan()) {
      case Scan::more: (void)fill(); break;
      case Scan::broken: skip_line(); return Next::no_row;
      case Scan::row:
        if (size_ > 1 || !cells_.front().empty()) return Next::row;
        break;
    }
  }
}

}  // namespace muster::evtx
