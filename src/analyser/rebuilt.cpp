#include "analyser/rebuilt.h"

#include <algorithm>

#include "core/active.h"

namespace muster::analyser {
namespace {

using std::chrono::hours;

// Who was heard within the retention, each once.
class Heard {
 public:
  void hear(std::uint32_t who, Instant now) {
    auto& last = last_[who];
    active_.move(last, now);
    last = now;
  }
  [[nodiscard]] std::uint64_t count(Instant at) const { return active_.count(at, kRetention); }
  void trim(Instant at) { active_.trim(at, kRetention); }

 private:
  std::unordered_map<std::uint32_t, Instant> last_;
  core::ActiveCount active_;
};

// Whole hours between points.
seconds step_of(Instant first, Instant now, std::size_t most) {
  const auto wanted = (now - first) / static_cast<std::int64_t>(most);
  for (const int step : {1, 2, 3, 4, 6, 8, 12, 24}) {
    if (wanted <= hours(step)) return hours(step);
  }
  return hours(24) * (wanted / hours(24) + 1);
}

class Rebuilding {
 public:
  Rebuilding(const RebuildTask& task, std::vector<bool>& enough)
      : task_(&task), enough_(&enough), roll_(task.hash_key), forgetful_(task.hash_key) {}

  Rebuilt run() {
    const auto first = task_->requests[task_->which.front()].time;
    const auto step = step_of(first, task_->now, task_->points_most);
    auto next_point = Instant(std::chrono::floor<hours>(first) + hours(1));
    for (const auto index : task_->which) {
      const auto& request = task_->requests[index];
      for (; next_point <= request.time && next_point < task_->now; next_point += step) {
        add_point(next_point);
      }
      add(index);
    }
    for (; next_point < task_->now; next_point += step) add_point(next_point);
    add_point(task_->now);
    out_.entries = living(roll_);
    forget_until(task_->now);
    out_.if_forgotten = living(forgetful_);
    return std::move(out_);
  }

 private:
  void add(std::uint32_t index) {
    const auto& request = task_->requests[index];
    if (request.hresult != 0) {
      ++out_.refused;
      return;
    }
    ++out_.served;
    const auto& key = task_->machines->id(request.machine).bytes;
    note_least(request.time);
    const auto ceiling = roll_.capacity();
    const auto count = roll_.ask(key, request.time, request.threshold, kRetention, changed_);
    if (ceiling > 0 && roll_.capacity() > ceiling) {
      out_.raised = request.time;
      out_.ceiling_before = ceiling;
    }
    forget_until(request.time);
    (void)forgetful_.ask(key, request.time, request.threshold, kRetention, changed_);
    changed_.clear();
    cmids_.hear(request.machine, request.time);
    names_.hear(task_->together[request.name], request.time);
    note_threshold(request);
    (*enough_)[index] = count >= request.threshold || is_lower_bound(request.time, count);
    note_crossings(request.time, count);
  }

  // A stranger may present as many as it likes; the first of them are followed.
  void note_threshold(const Request& request) {
    constexpr std::size_t kFollowed = 8;
    const auto at = out_.thresholds.find(request.threshold);
    if (at != out_.thresholds.end()) {
      at->second = request.time;
    } else if (out_.thresholds.size() < kFollowed) {
      out_.thresholds.emplace(request.threshold, request.time);
    }
  }

  // The lowest since the last point, with what has run out by now.
  void note_least(Instant at) {
    const auto count = roll_.count_at(at, kRetention);
    least_ = std::min(least_.value_or(count), count);
    if (count < roll_.size()) note_falls(at);
  }

  // A count falls with time, so the moment is the entry's own end.
  void note_falls(Instant at) {
    const auto entries = roll_.entries();
    for (const auto& [threshold, last] : out_.thresholds) {
      if (entries.size() < threshold) continue;
      const auto falls = entries[entries.size() - threshold].last_seen + kRetention;
      if (falls <= at && above_[threshold]) {
        out_.crossed[threshold] = falls;
        above_[threshold] = false;
      }
    }
  }

  void note_crossings(Instant at, std::uint32_t count) {
    for (const auto& [threshold, last] : out_.thresholds) {
      const bool above = count >= threshold;
      const auto known = above_.find(threshold);
      if (known == above_.end()) {
        above_[threshold] = above;
        out_.crossed[threshold] = std::nullopt;
      } else if (known->second != above) {
        known->second = above;
        out_.crossed[threshold] = at;
      }
    }
  }

  void forget_until(Instant at) {
    for (; start_ < task_->starts.size() && task_->starts[start_] <= at; ++start_) {
      // The capacity is the clients' doing and forgotten with the rest.
      forgetful_ = core::Roll(task_->hash_key);
    }
  }

  [[nodiscard]] bool is_lower_bound(Instant at, std::uint32_t count) const {
    if (count >= task_->ceiling) return false;
    const auto next = std::ranges::upper_bound(task_->unknown, at, {}, &Span::from);
    return next != task_->unknown.begin() && at < std::prev(next)->to;
  }

  void add_point(Instant at) {
    note_least(at);
    forget_until(at);
    const auto count = roll_.count_at(at, kRetention);
    cmids_.trim(at);
    names_.trim(at);
    out_.points.push_back({.at = at,
                           .count = count,
                           .least = std::min(least_.value_or(count), count),
                           .capacity = roll_.capacity(),
                           .cmids = cmids_.count(at),
                           .names = names_.count(at),
                           .lower_bound = is_lower_bound(at, count),
                           .if_forgotten = forgetful_.count_at(at, kRetention)});
    least_.reset();
  }

  [[nodiscard]] std::vector<core::RollEntry> living(const core::Roll& roll) const {
    auto out = roll.entries();
    std::erase_if(out, [&](const core::RollEntry& entry) {
      return task_->now - entry.last_seen >= kRetention;
    });
    return out;
  }

  const RebuildTask* task_;
  std::vector<bool>* enough_;
  core::Roll roll_, forgetful_;
  std::size_t start_ = 0;
  std::vector<core::RollKey> changed_;
  Heard cmids_, names_;
  std::optional<std::uint32_t> least_;
  std::map<std::uint32_t, bool> above_;
  Rebuilt out_;
};

}  // namespace

Rebuilt rebuild(const RebuildTask& task, std::vector<bool>& enough) {
  return Rebuilding(task, enough).run();
}

}  // namespace muster::analyser
