// One call of libcurl with what all of them share: a time, an end where the host stops, no signals,
// no proxy and no file of the environment's, certificates always verified.
#pragma once

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"

namespace muster::host {

class CurlCall {
 public:
  // `stop` must outlive it. `ca_file` empty: the system's roots.
  CurlCall(const std::string& url, const char* protocols, seconds timeout,
           const std::string& ca_file, const std::atomic<bool>& stop);
  CurlCall(const CurlCall&) = delete;  // libcurl knows where its parts are
  CurlCall& operator=(const CurlCall&) = delete;
  [[nodiscard]] CURL* get() { return handle_.get(); }
  template <class Value>
  void set(CURLoption option, Value value) {
    // An option that this libcurl lacks would be a build of another version.
    curl_easy_setopt(handle_.get(), option, value);
  }
  // A list that is freed with the call: header fields, recipients.
  void set_list(CURLoption option, const std::vector<std::string>& items);
  [[nodiscard]] CURLcode run();
  // What went wrong, in libcurl's words.
  [[nodiscard]] std::string why(CURLcode code) const;

 private:
  struct End {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<CURL, End> handle_;
  std::vector<std::unique_ptr<curl_slist, End>> lists_;
  std::array<char, CURL_ERROR_SIZE> reason_{};
};

}  // namespace muster::host
