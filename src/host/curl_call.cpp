#include "host/curl_call.h"

#include <algorithm>
#include <new>

namespace muster::host {
namespace {

// Once in the process, before the first handle; never undone, since the process ends with it.
void start_curl() {
  static const auto started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

int ask_to_stop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

// Nobody reads what a receiver says behind its status; it must not go to stdout either.
std::size_t drop(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

CurlCall::CurlCall(const std::string& url, const char* protocols, seconds timeout,
                   const std::string& ca_file, const std::atomic<bool>& stop) {
  start_curl();
  handle_.reset(curl_easy_init());
  if (!handle_) throw std::bad_alloc();
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, protocols);
  set(CURLOPT_ERRORBUFFER, reason_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT, static_cast<long>(timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(std::max<std::int64_t>(1, timeout.count() / 2)));
  // A name that nobody answers for must not hold up a host that stops.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &ask_to_stop);
  set(CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&stop));
  set(CURLOPT_WRITEFUNCTION, &drop);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
}

void CurlCall::set_list(CURLoption option, const std::vector<std::string>& items) {
  curl_slist* list = nullptr;
  for (const auto& item : items) {
    auto* longer = curl_slist_append(list, item.c_str());
    if (longer == nullptr) {
      curl_slist_free_all(list);
      throw std::bad_alloc();
    }
    list = longer;
  }
  lists_.emplace_back(list);
  set(option, list);
}

CURLcode CurlCall::run() {
  reason_[0] = '\0';
  return curl_easy_perform(handle_.get());
}

std::string CurlCall::why(CURLcode code) const {
  if (code == CURLE_ABORTED_BY_CALLBACK) return "the host stops";
  return reason_[0] != '\0' ? reason_.data() : curl_easy_strerror(code);
}

}  // namespace muster::host
