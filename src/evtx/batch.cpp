#include "evtx/batch.h"

namespace muster::evtx {

void Batch::clear() {
  text_.clear();
  data_.clear();
  rows_.clear();
  views_.clear();
  records_.clear();
  skipped_.clear();
}

Batch::Row& Batch::begin() {
  text_before_ = text_.size();
  auto& row = rows_.emplace_back();
  row.data_at = data_.size();
  return row;
}

void Batch::end() { rows_.back().data_size = data_.size() - rows_.back().data_at; }

void Batch::undo() {
  text_.resize(text_before_);
  data_.resize(rows_.back().data_at);
  rows_.pop_back();
}

void Batch::seal() {
  views_.reserve(data_.size());
  for (const auto& slice : data_) views_.push_back(view(slice));
  records_.reserve(rows_.size());
  for (const auto& row : rows_) {
    auto& record = records_.emplace_back(row.record);
    record.local_time = view(row.local_time);
    record.provider = view(row.provider);
    record.source = view(row.source);
    record.channel = view(row.channel);
    record.computer = view(row.computer);
    record.data = std::span(views_).subspan(row.data_at, row.data_size);
  }
}

}  // namespace muster::evtx
