#include "cli/mak_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <ostream>
#include <set>

#include "base/file.h"
#include "cli/files.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

// One request and what becomes of it.
struct Job {
  std::string file;
  fs::path out;
  wire::MakRequest request;
};

class Run {
 public:
  Run(const Invocation& asked, Shell& shell) : asked_(asked), shell_(shell) {}

  void say(const Job& job, const wire::MakAnswer& answer, std::string_view result) {
    const auto code = answer.error ? entry(*answer.error).name : answer.error_name;
    if (!answer.activated) all_have_a_place_ = false;
    if (wants_json(asked_)) {
      JsonObject out;
      out.add("file", job.file).add("result", result).add("place", answer.place);
      code.empty() ? out.add_null("error") : out.add("error", code);
      out.add_null("detail").add("answer", job.out.string());
      print_facts(shell_, asked_, out);
      return;
    }
    const auto what = answer.activated
                          ? fmt::format("{}, place {}", result, answer.place.value_or(0))
                          : fmt::format("{}, {}", result, code);
    shell_.out << printable(fmt::format("{}: {}, in {}", job.file, what, job.out.string())) << '\n';
  }

  void say_failed(const std::string& file, const Error& error) {
    all_have_a_place_ = false;
    if (wants_json(asked_)) {
      JsonObject out;
      out.add("file", file).add("result", "failed").add_null("place");
      out.add("error", entry(error.code).name).add("detail", error.detail).add_null("answer");
      print_facts(shell_, asked_, out);
      return;
    }
    shell_.out << printable(fmt::format("{}: not answered: {}", file, error.sentence())) << '\n';
  }

  // The jobs that are to be asked; what is said of the others is said. Those that were refused
  // before come last, so that they keep nobody waiting whom the host has not seen.
  std::vector<Job> prepare(const fs::path& directory) {
    std::vector<Job> out, again;
    for (const auto& file : asked_.all("FILE")) {
      Job job{file, directory / (fs::path(file).filename().string() + ".answer"), {}};
      if (!names_.insert(job.out.string()).second) {
        say_failed(file, {ErrorCode::usage, "another file of this name is answered here"});
        continue;
      }
      // A pipe would keep all others waiting.
      if (std::error_code failed; fs::exists(file, failed) && !fs::is_regular_file(file, failed)) {
        say_failed(file, {ErrorCode::file_unreadable, file + ": no regular file"});
        continue;
      }
      const auto text = read_text(file);
      if (text && wire::is_mak_answer_file(*text)) continue;  // of a run before, in the same folder
      auto request = text ? wire::read_mak_request_file(*text)
                          : Expected<wire::MakRequest>(std::unexpected(text.error()));
      if (!request) {
        say_failed(file, request.error());
        continue;
      }
      job.request = std::move(*request);
      const auto before = answer_before(job);
      if (before && before->activated) {
        say(job, *before, "answered before");
      } else {
        (before ? again : out).push_back(std::move(job));
      }
    }
    std::ranges::move(again, std::back_inserter(out));
    return out;
  }

  void keep(const Job& job, const Expected<wire::MakAnswer>& answer) {
    if (!answer) return say_failed(job.file, answer.error());
    const auto text = wire::encode_mak_answer_file(job.request, *answer);
    if (auto done = write_file(job.out, text, 0644); !done) {
      return say_failed(job.file, done.error());
    }
    say(job, *answer, answer->activated ? "answered" : "refused");
  }

  [[nodiscard]] bool all_have_a_place() const { return all_have_a_place_; }

 private:
  // What an earlier run has left for this very request.
  static std::optional<wire::MakAnswer> answer_before(const Job& job) {
    std::error_code failed;
    if (!fs::exists(job.out, failed)) return std::nullopt;
    const auto text = read_text(job.out);
    if (!text) return std::nullopt;
    auto held = wire::read_mak_answer_file(*text);
    if (!held || held->nonce != job.request.nonce) return std::nullopt;
    return std::move(held->answer);
  }

  const Invocation& asked_;
  Shell& shell_;
  std::set<std::string> names_;
  bool all_have_a_place_ = true;
};

}  // namespace

Expected<Exit> answer_files(const Invocation& asked, Shell& shell, std::size_t at_once,
                            const AskMak& ask) {
  const fs::path directory = asked.text("out");
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (!fs::is_directory(directory)) {
    return fail(ErrorCode::file_unwritable, directory.string() + ": no directory");
  }
  Run run(asked, shell);
  const auto jobs = run.prepare(directory);
  for (std::size_t at = 0; at < jobs.size(); at += at_once) {
    const auto some = std::span(jobs).subspan(at, std::min(at_once, jobs.size() - at));
    std::vector<wire::MakRequest> requests;
    requests.reserve(some.size());
    for (const auto& job : some) requests.push_back(job.request);
    const auto answers = ask(requests);
    if (!answers) return std::unexpected(answers.error());
    if (answers->size() != some.size()) {
      return fail(ErrorCode::bad_answer, "the host answered fewer requests than were asked");
    }
    for (std::size_t i = 0; i < some.size(); ++i) run.keep(some[i], (*answers)[i]);
  }
  return run.all_have_a_place() ? Exit::done : Exit::refused;
}

Argument request_files_argument() {
  return {.name = "FILE",
          .kind = Kind::file,
          .help = "what 'muster mak request' has written on a machine",
          .repeated = true};
}

Option answers_option() {
  return {.name = "out",
          .kind = Kind::directory,
          .placeholder = "DIR",
          .help = "where the answers are written, each under its request's name with .answer",
          .required = true,
          .variable = "MUSTER_ANSWERS_OUT"};
}

std::vector<Field> answered_fields() {
  return {{"file", "the request's file"},
          {"result", "answered, answered before, refused or failed"},
          {"place", "the place of the key's limit, or null"},
          {"error", "a code, or null"},
          {"detail", "what exactly was wrong with a request that failed, or null"},
          {"answer", "the answer's file, or null"}};
}

}  // namespace muster::cli
