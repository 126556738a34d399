#include "evtx/xml_log.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <string>

#include "evtx/feed.h"
#include "evtx/fields.h"
#include "evtx/text_pieces.h"

namespace muster::evtx {
namespace {

// Makes a document of events that stand side by side.
constexpr std::string_view kRoot = "<Events>";

std::string_view local_name(const char* name) {
  const std::string_view text(name);
  return text.substr(text.rfind(':') + 1);
}

// One parser's run, from an event to the end or to what is not well formed.
class Run {
 public:
  Run(Feed& feed, Fields& fields, std::uint64_t at, std::size_t unit)
      : feed_(&feed),
        fields_(&fields),
        piece_at_(at),
        unit_(unit),
        parser_(XML_ParserCreate("UTF-8"), &XML_ParserFree) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(),
        [](void* run, const char* name, const char** attributes) {
          static_cast<Run*>(run)->open(name, attributes);
        },
        [](void* run, const char*) { static_cast<Run*>(run)->close(); });
    XML_SetCharacterDataHandler(parser_.get(), [](void* run, const char* text, int size) {
      static_cast<Run*>(run)->text({text, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(
        parser_.get(), [](void* run, const char*, const char*, const char*, int) {
          XML_StopParser(static_cast<Run*>(run)->parser_.get(), XML_FALSE);
        });
    (void)parse(kRoot, at);
  }

  // The next piece, which begins at `at` in the file. False: not well formed, or no more is wanted.
  [[nodiscard]] bool parse(std::string_view text, std::uint64_t at) {
    before_ += piece_;
    piece_ = static_cast<std::int64_t>(text.size());
    piece_at_ = at;
    return XML_Parse(parser_.get(), text.data(), static_cast<int>(text.size()), 0) !=
           XML_STATUS_ERROR;
  }
  // Where in the piece the parser is; less than 0 in an earlier one.
  [[nodiscard]] std::int64_t place() const {
    return XML_GetCurrentByteIndex(parser_.get()) - before_;
  }
  [[nodiscard]] bool wanted() const { return wanted_; }
  // The event that is not whole, or the place where the parser stopped.
  [[nodiscard]] std::uint64_t lost_at() const { return depth_ > 0 ? event_at_ : here(); }
  [[nodiscard]] std::uint64_t here() const {
    return piece_at_ + static_cast<std::uint64_t>(place() * static_cast<std::int64_t>(unit_));
  }
  [[nodiscard]] bool in_event() const { return depth_ > 0; }
  void undo() {
    if (depth_ > 0) fields_->undo();
    depth_ = 0;
  }

 private:
  void open(const char* name, const char** attributes) {
    const auto word = word_of(local_name(name));
    if (depth_ == 0) {
      if (word != Word::event) return;
      event_at_ = here();
      Record header;
      header.offset = event_at_;
      fields_->begin(header);
    }
    ++depth_;
    fields_->open(word);
    for (; *attributes != nullptr; attributes += 2) {
      fields_->attribute(word_of(local_name(attributes[0])));
      if (fields_->wanted()) fields_->text() += attributes[1];
    }
    fields_->content();
  }

  void text(std::string_view text) {
    if (depth_ > 0 && fields_->wanted()) fields_->text() += text;
  }

  void close() {
    if (depth_ == 0) return;
    fields_->close();
    if (--depth_ > 0) return;
    if (const auto trouble = fields_->end()) {
      feed_->batch().skip({.offset = event_at_, .why = *trouble});
    }
    if (feed_->count()) return;
    wanted_ = false;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  Feed* feed_;
  Fields* fields_;
  std::int64_t before_ = 0, piece_ = 0;  // bytes of text: before the piece, and in it
  std::uint64_t piece_at_;
  std::size_t unit_;
  std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
  std::size_t depth_ = 0;  // elements around, from the event on
  std::uint64_t event_at_ = 0;
  bool wanted_ = true;
};

// Of a declaration in front: its encoding is not the one of what the parser gets.
std::size_t declaration_size(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos || !text.substr(begin).starts_with("<?xml")) return 0;
  const auto end = text.find("?>", begin);
  return end == text.npos ? 0 : end + 2;
}

class Reader {
 public:
  Reader(ByteView bytes, const OnBatch& on_batch) : pieces_(bytes), feed_(on_batch) {
    fields_.start(feed_.batch());
  }

  void read() {
    std::string piece;
    auto at = pieces_.at();
    bool more = pieces_.next(piece);
    const auto declared = declaration_size(piece);
    at += declared * pieces_.unit();
    piece.erase(0, declared);
    while (more) more = run_from(at, piece) && next_event(at, piece);
    feed_.finish();
  }

 private:
  // Parses `piece`, which begins at `at`, and what follows, up to trouble, where `at` and `piece`
  // are set to behind the place. False at the end.
  bool run_from(std::uint64_t& at, std::string& piece) {
    Run run(feed_, fields_, at, pieces_.unit());
    for (;;) {
      if (!run.parse(piece, at)) break;
      piece.clear();
      at = pieces_.at();
      if (pieces_.next(piece)) continue;
      if (run.in_event()) skip(run);
      return false;
    }
    if (!run.wanted()) return false;
    // What the parser did not like is not the begin of the next event.
    const auto place = static_cast<std::size_t>(std::max<std::int64_t>(run.place(), 0)) + 1;
    skip(run);
    at += std::min(place, piece.size()) * pieces_.unit();
    piece.erase(0, place);
    return true;
  }

  bool next_event(std::uint64_t& at, std::string& piece) {
    for (;;) {
      for (auto found = piece.find("<Event"); found != piece.npos;
           found = piece.find("<Event", found + 1)) {
        const auto behind = found + std::string_view("<Event").size();
        if (behind == piece.size()) break;  // the next piece tells
        if (std::string_view(" >\t\r\n").find(piece[behind]) == std::string_view::npos) continue;
        at += found * pieces_.unit();
        piece.erase(0, found);
        return true;
      }
      // A tag may be divided between two pieces.
      const auto kept = std::min<std::size_t>(piece.size(), 8);
      at += (piece.size() - kept) * pieces_.unit();
      piece.erase(0, piece.size() - kept);
      if (!pieces_.next(piece)) return false;
    }
  }

  void skip(Run& run) {
    const auto lost = run.lost_at();
    run.undo();
    (void)feed_.skip(lost, Trouble::no_xml);
  }

  TextPieces pieces_;
  Feed feed_;
  Fields fields_;
};

}  // namespace

void read_xml(ByteView bytes, const OnBatch& on_batch) { Reader(bytes, on_batch).read(); }

}  // namespace muster::evtx
