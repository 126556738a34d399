#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/ascii.h"
#include "dns/resolver.h"

namespace muster::dns {
namespace {

using std::chrono::milliseconds;

// The C library's state, which is made anew for each lookup: resolv.conf may have changed.
class State {
 public:
  State() : usable_(::res_ninit(&state_) == 0) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (usable_) ::res_nclose(&state_);
  }
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] res_state get() { return &state_; }

 private:
  struct __res_state state_{};
  bool usable_;
};

SrvLookup look_up(const std::string& name) {
  State state;
  if (!state.usable()) return {};
  // Each server gets a second and a second try; the caller does not wait for a long list of them.
  state.get()->retrans = 1;
  state.get()->retry = 2;
  std::array<std::uint8_t, 1024> question{};
  const int asks = ::res_nmkquery(state.get(), ns_o_query, name.c_str(), ns_c_in, ns_t_srv, nullptr,
                                  0, nullptr, question.data(), question.size());
  if (asks < 0) return {SrvLookup::Outcome::bad_answer};
  // Where an answer does not fit into a datagram, the library asks again over TCP.
  std::vector<std::uint8_t> answer(NS_MAXMSG);
  const int size = ::res_nsend(state.get(), question.data(), asks, answer.data(),
                               static_cast<int>(answer.size()));
  if (size <= 0) return {};
  answer.resize(std::min<std::size_t>(answer.size(), static_cast<std::size_t>(size)));
  return read_srv_answer(answer, name);
}

// A lookup cannot be told to stop, so it runs on a thread that outlives whoever stopped waiting.
struct Asked {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  SrvLookup found;
};

class SystemResolver final : public Resolver {
 public:
  explicit SystemResolver(milliseconds most) : most_(most) {}

  std::vector<std::string> search_domains() override {
    State state;
    std::vector<std::string> out;
    if (!state.usable()) return out;
    for (const char* domain : state.get()->dnsrch) {
      if (domain == nullptr) break;
      auto name = lower(std::string_view(domain));
      while (name.ends_with('.')) name.pop_back();
      if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(name);
    }
    return out;
  }

  SrvLookup srv(std::string_view name) override {
    auto asked = std::make_shared<Asked>();
    {
      const std::lock_guard guard(mutex_);
      asked_ = asked;
    }
    std::thread([asked, whole = std::string(name)] {
      auto found = look_up(whole);
      const std::lock_guard guard(asked->mutex);
      asked->found = std::move(found);
      asked->done = true;
      asked->changed.notify_all();
    }).detach();
    std::unique_lock guard(asked->mutex);
    asked->changed.wait_for(guard, most_, [&] { return asked->done || cancelled_.load(); });
    return asked->done && !cancelled_ ? asked->found : SrvLookup{};
  }

  void cancel() override {
    cancelled_ = true;
    const std::lock_guard guard(mutex_);
    if (!asked_) return;
    const std::lock_guard waiting(asked_->mutex);
    asked_->changed.notify_all();
  }

 private:
  milliseconds most_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;  // guards the next
  std::shared_ptr<Asked> asked_;
};

}  // namespace

std::unique_ptr<Resolver> make_system_resolver(milliseconds most) {
  return std::make_unique<SystemResolver>(most);
}

}  // namespace muster::dns
