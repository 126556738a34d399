// Makes mak_files.json anew: make_mak_files_vectors DIRECTORY. As make.cpp: by hand, and only when
// the format gains a line.
#include "base/digest.h"
#include "make.h"
#include "wire/mak_exchange.h"
#include "wire/mak_file.h"

namespace muster::wire {
namespace {

MakRequest plain_request() {
  MakRequest out;
  out.product = "acme-cad";
  out.vendor = "Jf16rdj_Ol9q4nCvqsG1gZklFHVQt2rMiiQUTj1ucFQ";
  out.secret = sample::filled<32>(2);
  out.cmid = *Cmid::parse(sample::kCmid);
  out.nonce = sample::filled<16>(7);
  out.facts.add("machine_id", sample::filled<16>(8));
  out.facts.add("product_uuid", sample::filled<16>(9));
  out.time = sample::kToday;
  out.name = "Laptop von Jürgen: zweiter";
  return out;
}

// With the checksum that the lines have now.
std::string checked_again(std::string text) {
  text.resize(text.rfind("check:"));
  return text + "check: " + base64url(first16(sha256(as_bytes(text)))) + "\n";
}

std::string edited(std::string text, const std::string& from, const std::string& to) {
  replace(from, to)(text);
  return checked_again(std::move(text));
}

class Files {
 public:
  explicit Files(std::string_view name) : list_(name) {}
  void add(std::string_view name, std::string_view text, std::string_view expect,
           std::string_view same_as, std::string_view why) {
    auto writer = list_.add();
    writer.text("name", name).text("text", text).text("expect", expect);
    writer.text("same_as", same_as).text("why", why);
    writer.end();
  }
  void refused(std::string_view name, std::string_view text, std::string_view why) {
    add(name, text, "document_malformed", "", why);
  }
  [[nodiscard]] std::string text() const { return list_.text(); }

 private:
  List list_;
};

void add_refusals(Files& out, const std::string& good) {
  auto changed = good;
  replace("acme-cad", "acme-cam")(changed);
  out.refused("a changed letter", changed, "the checksum does not fit");
  out.refused("cut", good.substr(0, good.rfind("check:")), "the line 'check' is missing");
  out.refused("a line behind check", good + "more: 1\n", "behind the line 'check'");
  out.refused("a name twice", edited(good, "nonce:", "product: acme-cad\nnonce:"),
              "stands twice, though its checksum fits");
  out.refused("no colon", edited(good, "product:", "product"), "NAME: VALUE");
  out.refused("a nonce of 15 bytes",
              edited(good, base64url(sample::filled<16>(7)), base64url(sample::filled<15>(7))),
              "nonce");
  out.refused("a newer format", edited(good, " 1\n", " 2\n"), "the first line");
}

std::string requests() {
  Files out("requests");
  const auto good = encode_mak_request_file(plain_request(), "7KXQA");
  out.add("as it should be", good, "accepted", "", "");
  std::string mailed = "\r\n";
  for (const char c : good) mailed += c == '\n' ? std::string(" \r\n") : std::string(1, c);
  out.add("as a mail brings it", mailed, "accepted", good, "blanks and CR at a line's end");
  const auto more = edited(good, "name:", "later: something\nname:");
  out.add("a name that is not known", more, "accepted", good, "is ignored");
  auto nameless = plain_request();
  nameless.name.clear();
  out.add("without a name", encode_mak_request_file(nameless, "7KXQA"), "accepted", "", "");
  add_refusals(out, good);
  auto without = plain_request();
  without.facts = {};
  out.refused("no fact", encode_mak_request_file(without, "7KXQA"), "a place is sold for facts");
  return out.text();
}

std::string answers() {
  Files out("answers");
  MakAnswer given;
  given.activated = true;
  given.place = 41;
  given.limit = 100;
  given.used = 42;
  given.activation = "aaa.bbb.ccc";
  given.time = sample::kToday;
  const auto good = encode_mak_answer_file(plain_request(), given);
  out.add("activated", good, "accepted", "", "the activation in it is judged by mak.json");
  MakAnswer refused;
  refused.error = ErrorCode::limit_reached;
  refused.vendor_hint = "call 1234";
  refused.limit = refused.used = 100;
  refused.time = sample::kToday;
  out.add("refused", encode_mak_answer_file(plain_request(), refused), "accepted", "",
          "a refusal is an answer");
  add_refusals(out, good);
  out.refused("a request", encode_mak_request_file(plain_request(), "7KXQA"), "the first line");
  return out.text();
}

void save_all(const std::string& directory) {
  save(directory + "/mak_files.json",
       {member("about",
               "Requests and answers by a multiple activation key as files (docs/protocol.md). "
               "expect is accepted or the code of the refusal; same_as is a file that says the "
               "same."),
        requests(), answers()});
}

}  // namespace
}  // namespace muster::wire

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  muster::wire::save_all(argv[1]);
  return 0;
}
