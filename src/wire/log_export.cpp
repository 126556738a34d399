#include "wire/log_export.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "wire/claims.h"

namespace muster::wire {
namespace {

constexpr std::size_t kLineMost = 64 * 1024;
constexpr std::string_view kCheckpointStart = R"({"checkpoint":)";
constexpr std::string_view kPrevStart = R"("prev":")";
constexpr std::size_t kPrevSize = kPrevStart.size() + 22 + 2;  // ... 16 bytes, quote, brace

std::unexpected<Error> broken(std::string detail) {
  return fail(ErrorCode::log_broken, std::move(detail));
}

std::string said(const Error& error) {
  return error.detail.empty() ? std::string(entry(error.code).title) : error.detail;
}

// One line of an export after the first.
struct Line {
  enum class Kind : std::uint8_t { event, checkpoint, other, end };
  Kind kind = Kind::end;
  bool whole = true;  // it ends with "\n"
  std::string text;
  Event event;             // kind event
  std::string checkpoint;  // kind checkpoint: the JWS
  std::string wrong;       // kind other: why
};

std::optional<std::string> read_checkpoint_line(std::string_view text) {
  json::Tree tree;
  if (!tree.parse(text, kLineMost)) return std::nullopt;
  json::Claims claims(tree, tree.root(), ErrorCode::log_broken);
  auto out = claims.nonempty("checkpoint", kDocumentMost);
  if (!claims.ok()) return std::nullopt;
  return out;
}

// Reads lines with one line of looking ahead.
class Lines {
 public:
  explicit Lines(std::istream& in) : in_(in), ahead_(read()) {}
  Line take() {
    Line out = std::move(ahead_);
    ahead_ = read();
    return out;
  }
  [[nodiscard]] const Line& ahead() const { return ahead_; }

 private:
  Line read() {
    Line out;
    if (!std::getline(in_, out.text)) return out;
    out.whole = !in_.eof();
    if (out.text.starts_with(kCheckpointStart)) {
      if (auto jws = read_checkpoint_line(out.text)) {
        out.kind = Line::Kind::checkpoint;
        out.checkpoint = std::move(*jws);
        return out;
      }
      out.kind = Line::Kind::other;
      out.wrong = "not a checkpoint";
      return out;
    }
    auto event = parse_event_line(out.text);
    out.kind = event ? Line::Kind::event : Line::Kind::other;
    if (event) {
      out.event = std::move(*event);
    } else {
      out.wrong = said(event.error());
    }
    return out;
  }

  std::istream& in_;
  Line ahead_;
};

class Verifier {
 public:
  Verifier(std::istream& in, LogHeader header, PublicKey key,
           const std::function<void(const Event&)>& each)
      : lines_(in),
        header_(std::move(header)),
        key_(std::move(key)),
        each_(each),
        next_(header_.from),
        hash_(header_.previous) {}

  Expected<LogReport> run(std::uint64_t at_least) {
    if (!header_.newest.empty()) {
      auto newest = verify_checkpoint(header_.newest, key_);
      if (!newest || newest->epoch != header_.epoch) {
        return broken("the first line's checkpoint is not this host's of this epoch");
      }
      newest_ = std::move(*newest);
    }
    while (lines_.ahead().kind != Line::Kind::end) {
      const Line line = lines_.take();
      auto ok = line.kind == Line::Kind::event        ? event(line)
                : line.kind == Line::Kind::checkpoint ? checkpoint(line)
                                                      : other(line);
      if (ok && !line.whole) ok = broken(fmt::format("{} is cut", name_of(line)));
      if (!ok) return std::unexpected(ok.error());
    }
    if (auto ok = reaches(at_least); !ok) return std::unexpected(ok.error());
    return report_;
  }

 private:
  // What a line is called that has just been taken.
  [[nodiscard]] std::string name_of(const Line& line) const {
    return line.kind == Line::Kind::event ? fmt::format("the line of event {}", next_ - 1)
                                          : fmt::format("the line after event {}", next_ - 1);
  }

  Expected<void> other(const Line& line) {
    const auto& after = lines_.ahead();
    // Where the event that is due comes next, this was no event's line.
    if (line.text.starts_with(kCheckpointStart) ||
        (after.kind == Line::Kind::event && after.event.seq == next_)) {
      return broken(
          fmt::format("the line after event {} is neither an event nor a checkpoint", next_ - 1));
    }
    return broken(fmt::format("event {}: its line was changed or cut ({})", next_, line.wrong));
  }

  Expected<void> event(const Line& line) {
    if (line.event.seq != next_) return out_of_order(line);
    if (line.event.host != header_.host || line.event.epoch != header_.epoch) {
      return broken(fmt::format("event {}: its line was changed (another host or epoch)", next_));
    }
    if (line.event.prev != first16(hash_)) return does_not_follow(line);
    hash_ = chain_hash(hash_, line.text);
    if (each_) each_(line.event);
    if (report_.first == 0) report_.first = next_;
    report_.last = next_++;
    return {};
  }

  // The line of an event stands where `next_` is due. Says whether it was renumbered, `next_` was
  // dropped, or the two were swapped; reads the rest of the export to know.
  Expected<void> out_of_order(const Line& line) {
    const auto seq = line.event.seq;
    const auto& after = lines_.ahead();
    const bool after_is_due =
        (after.kind == Line::Kind::event && after.event.seq == next_ + 1 && seq != next_ + 2) ||
        (after.kind == Line::Kind::checkpoint && seq != next_ + 1 && proves(after, next_));
    bool comes_later = false;
    while (lines_.ahead().kind != Line::Kind::end && !comes_later) {
      const Line later = lines_.take();
      comes_later = later.kind == Line::Kind::event && later.event.seq == next_;
    }
    if (comes_later && seq < next_) {
      const bool seen = seq >= header_.from;
      return broken(fmt::format("event {} stands {}", seq,
                                seen ? "twice" : "before the first that the export says it has"));
    }
    if (comes_later) {
      return broken(fmt::format("events {} and {} are in the wrong order", next_, seq));
    }
    if (after_is_due || seq == 0) {
      return broken(fmt::format("event {}: its line was changed (it says {})", next_, seq));
    }
    if (seq < next_) {
      return broken(fmt::format("event {} stands where event {} should", seq, next_));
    }
    return missing(seq - 1);
  }

  Expected<void> missing(std::uint64_t last) {
    if (last == next_) return broken(fmt::format("event {} is missing", next_));
    return broken(fmt::format("events {} to {} are missing", next_, last));
  }

  [[nodiscard]] bool proves(const Line& line, std::uint64_t seq) const {
    const auto checkpoint = verify_checkpoint(line.checkpoint, key_);
    return checkpoint && checkpoint->seq == seq;
  }

  // `prev` is not the hash before: either the line before was changed, or `prev` itself, which
  // shows when the line with the right `prev` is what the next line follows.
  Expected<void> does_not_follow(const Line& line) {
    if (next_ == 1) return broken("event 1: its line was changed (nothing comes before it)");
    std::string mended = line.text;
    if (mended.size() > kPrevSize &&
        std::string_view(mended).substr(mended.size() - kPrevSize).starts_with(kPrevStart)) {
      mended.resize(mended.size() - kPrevSize);
      mended.append(kPrevStart);
      append_base64url(mended, first16(hash_));
      mended.append("\"}");
    }
    const auto hash = chain_hash(hash_, mended);
    const auto& after = lines_.ahead();
    const bool mends = (after.kind == Line::Kind::event && after.event.prev == first16(hash)) ||
                       (after.kind == Line::Kind::checkpoint && proves(after, next_) &&
                        verify_checkpoint(after.checkpoint, key_)->hash == hash);
    if (mends) return broken(fmt::format("event {}: its line was changed", next_));
    if (next_ == header_.from) {
      return broken(fmt::format("event {}: it does not follow the hash in the first line", next_));
    }
    if (after.kind == Line::Kind::end) {
      return broken(fmt::format("event {}: its line was changed, or event {}'s", next_ - 1, next_));
    }
    return broken(fmt::format("event {}: its line was changed", next_ - 1));
  }

  Expected<void> checkpoint(const Line& line) {
    auto read = verify_checkpoint(line.checkpoint, key_);
    if (!read) {
      return broken(
          fmt::format("the checkpoint after event {}: {}", next_ - 1, read.error().sentence()));
    }
    if (read->epoch != header_.epoch) {
      return broken(fmt::format("the checkpoint after event {} is of another epoch", next_ - 1));
    }
    if (read->seq >= next_) return ahead_of_its_event(*read);
    if (read->seq + 1 < next_) {
      return broken(fmt::format("checkpoint {} stands after event {}", read->seq, next_ - 1));
    }
    if (auto ok = follows_checkpoint(*read); !ok) return ok;
    if (read->hash != hash_) {
      const auto what = report_.last == 0 ? "the first line's hash is not the one signed"
                                          : "its line was changed";
      return broken(fmt::format("event {}: {}", read->seq, what));
    }
    last_checkpoint_ = read->seq;
    last_digest_ = sha256(as_bytes(line.checkpoint));
    report_.proved = read->seq;
    ++report_.checkpoints;
    report_.checkpoint_time = read->issued;
    return {};
  }

  Expected<void> ahead_of_its_event(const Checkpoint& checkpoint) {
    while (lines_.ahead().kind != Line::Kind::end && lines_.ahead().kind != Line::Kind::event) {
      static_cast<void>(lines_.take());
    }
    const auto& after = lines_.ahead();
    if (after.kind == Line::Kind::end) return cut_before(checkpoint.seq);
    if (after.event.seq > next_) return missing(after.event.seq - 1);
    return broken(fmt::format("checkpoint {} stands before event {}", checkpoint.seq, next_));
  }

  Expected<void> cut_before(std::uint64_t seq) {
    return broken(fmt::format("the log was cut after event {}, and a checkpoint proves event {}",
                              next_ - 1, seq));
  }

  Expected<void> follows_checkpoint(const Checkpoint& checkpoint) {
    const auto before = checkpoint.previous_seq;
    if (last_checkpoint_ == 0) {
      // The checkpoints before the export's first event are not in it.
      if (before >= header_.from) {
        return broken(fmt::format("checkpoint {} is missing", before));
      }
      return {};
    }
    if (before > last_checkpoint_) {
      return broken(fmt::format("checkpoint {} is missing", before));
    }
    if (before < last_checkpoint_ || checkpoint.previous != last_digest_) {
      return broken(fmt::format("checkpoint {} does not follow checkpoint {}", checkpoint.seq,
                                last_checkpoint_));
    }
    return {};
  }

  Expected<void> reaches(std::uint64_t at_least) {
    const auto last = next_ - 1;
    if (newest_) {
      if (last < newest_->seq) return cut_before(newest_->seq);
      if (newest_->seq >= header_.from && (last_checkpoint_ < newest_->seq)) {
        return broken(fmt::format("checkpoint {} is missing", newest_->seq));
      }
    }
    if (last >= at_least) return {};
    return broken(
        fmt::format("the log was cut after event {}, and event {} is known", last, at_least));
  }

  Lines lines_;
  const LogHeader header_;
  const PublicKey key_;
  const std::function<void(const Event&)>& each_;
  std::uint64_t next_;  // the seq that is due
  Bytes32 hash_;        // the chain's at next_ - 1
  std::optional<Checkpoint> newest_;
  std::uint64_t last_checkpoint_ = 0;
  Bytes32 last_digest_{};
  LogReport report_;
};

}  // namespace

std::string encode_log_header(const LogHeader& header) {
  std::string out;
  json::Writer writer(out);
  writer.number("muster_log", 1).plain("host", header.host).raw("host_jwk", header.host_jwk);
  writer.number("epoch", header.epoch).number("from", static_cast<std::int64_t>(header.from));
  writer.bytes("previous", header.previous);
  if (!header.newest.empty()) writer.plain("newest", header.newest);
  writer.end();
  return out;
}

Expected<LogHeader> parse_log_header(std::string_view line) {
  json::Tree tree;
  if (auto ok = tree.parse(line, kLineMost); !ok) {
    return broken("the first line: " + ok.error().sentence());
  }
  json::Claims claims(tree, tree.root(), ErrorCode::log_broken);
  LogHeader out;
  static_cast<void>(claims.number("muster_log", 1, 1));
  out.host = claims.thumbprint("host");
  out.host_jwk = claims.object_text("host_jwk");
  out.epoch = claims.count("epoch");
  out.from = static_cast<std::uint64_t>(claims.number("from", 1, INT64_MAX));
  out.previous = claims.bytes<32>("previous");
  if (claims.has("newest")) out.newest = claims.nonempty("newest", kDocumentMost);
  if (out.from == 1 && out.previous != Bytes32{}) {
    claims.refuse("previous", "zero bytes expected before event 1");
  }
  if (!claims.ok()) return broken("the first line: " + claims.failure().error().detail);
  return out;
}

std::string encode_checkpoint_line(std::string_view checkpoint_jws) {
  std::string out;
  json::Writer(out).plain("checkpoint", checkpoint_jws).end();
  return out;
}

Expected<LogReport> verify_log(std::istream& in, const std::optional<PublicKey>& host,
                               std::uint64_t at_least,
                               const std::function<void(const Event&)>& each) {
  std::string first;
  if (!std::getline(in, first) || in.eof()) return broken("the first line is missing or cut");
  auto header = parse_log_header(first);
  if (!header) return std::unexpected(header.error());
  auto key = PublicKey::from_jwk(header->host_jwk);
  if (!key) return broken("the first line: " + key.error().detail);
  if (key->thumbprint() != header->host) {
    return broken("the first line: host is not the thumbprint of host_jwk");
  }
  if (host && *host != *key) return broken("the log is another host's: " + header->host);
  return Verifier(in, std::move(*header), std::move(*key), each).run(at_least);
}

}  // namespace muster::wire
