#include "load/check.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "wire/exchange.h"

namespace muster::load {

namespace {
constexpr std::size_t kChunk = 4 * 1024 * 1024;
constexpr std::size_t kStride = 256;  // answers that a thread takes at a time
}  // namespace

std::string_view Kept::store(std::string_view a, std::string_view b) {
  const auto size = a.size() + b.size();
  if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < size) {
    chunks_.emplace_back().reserve(std::max(kChunk, size));
  }
  auto& chunk = chunks_.back();
  const auto at = chunk.size();
  chunk.append(a).append(b);
  return std::string_view(chunk).substr(at, size);
}

void Kept::keep(const Asked& asked, std::string_view body, std::string_view activation,
                bool verified) {
  Answer answer{.asked = asked, .verified = verified};
  const auto header = activation.substr(0, std::min(activation.find('.'), activation.size()));
  if (header.empty()) {
    answer.body = store(body, {});
  } else {
    if (headers_.back() != header) headers_.emplace_back(header);
    answer.header = static_cast<std::uint32_t>(headers_.size() - 1);
    answer.header_at = static_cast<std::size_t>(header.data() - body.data());
    answer.body =
        store(body.substr(0, answer.header_at), body.substr(answer.header_at + header.size()));
  }
  answers_.push_back(answer);
}

std::string Kept::body(std::size_t index) const {
  const auto& answer = answers_[index];
  std::string out;
  out.reserve(answer.body.size() + headers_[answer.header].size());
  out.append(answer.body.substr(0, answer.header_at));
  out.append(headers_[answer.header]);
  out.append(answer.body.substr(answer.header_at));
  return out;
}

std::string Checker::check_whole(const wire::ActivationAnswer& answer, const Asked& asked,
                                 const Cmid& cmid) {
  const std::string_view text = *answer.activation;
  auto proved = wire::verify_activation(text, product_);
  if (!proved) return proved.error().sentence();
  const auto& activation = proved->activation;
  if (activation.cmid != cmid) return "the activation is for another CMID";
  if (activation.nonce != asked.nonce) return "the activation carries another nonce";
  if (activation.product != product_.product) return "the activation is for another product";
  if (answer.count != activation.count || answer.threshold != activation.threshold) {
    return "the activation and the answer around it disagree in the count";
  }
  header_ = text.substr(0, text.find('.'));
  host_key_ = std::move(proved->host_key);
  return {};
}

std::string Checker::check_known(const wire::ActivationAnswer& answer, const Asked& asked,
                                 const Cmid& cmid) const {
  const auto jws = wire::parse_jws(*answer.activation, wire::kTypActivation);
  if (!jws) return jws.error().sentence();
  if (!host_key_->host.verifies(jws->signed_text, jws->signature)) {
    return std::string(entry(ErrorCode::bad_signature).title);
  }
  const auto named = activation_names(*answer.activation, cmid.text(), base64url(asked.nonce),
                                      answer.count.value_or(0));
  return named ? "" : "the activation does not name the CMID, the nonce and the count";
}

std::string Checker::check(std::string_view body, const Asked& asked, const Cmid& cmid) {
  const auto answer = wire::decode_answer(body);
  if (!answer) return answer.error().sentence();
  if (answer->activated != answer->activation.has_value()) {
    return "activated and activation disagree";
  }
  if (!answer->activated) return answer->error_name.empty() ? "refused without an error" : "";
  const std::string_view text = *answer->activation;
  const bool known = host_key_ && text.substr(0, text.find('.')) == header_;
  return known ? check_known(*answer, asked, cmid) : check_whole(*answer, asked, cmid);
}

CheckResult check_kept(const Kept& kept, std::uint64_t seed, const wire::ProductFile& product) {
  CheckResult result;
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    CheckResult own;
    Checker checker(product);
    for (std::size_t from; (from = next.fetch_add(kStride)) < kept.size();) {
      for (auto i = from; i < std::min(from + kStride, kept.size()); ++i) {
        const auto& answer = kept.at(i);
        if (answer.verified) continue;
        const auto cmid = machine_identity(seed, answer.asked.machine).cmid;
        const auto wrong = checker.check(kept.body(i), answer.asked, cmid);
        own.verified += answer.header != 0 ? 1 : 0;  // a refusal carries no signature
        if (!wrong.empty() && own.wrong++ == 0)
          own.first_wrong = fmt::format("answer {}: {}", i, wrong);
      }
    }
    const std::scoped_lock lock(mutex);
    result.verified += own.verified;
    result.wrong += own.wrong;
    if (result.first_wrong.empty()) result.first_wrong = own.first_wrong;
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return result;
}

}  // namespace muster::load
