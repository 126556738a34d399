#include "host/http.h"

namespace muster::host {

void Request::clear() {
  method = Method::other;
  for (auto* text :
       {&target, &body, &host, &origin, &authorization, &content_type, &accept, &accept_encoding,
        &if_none_match, &cookie, &forwarded_for, &last_event_id, &fetch_site}) {
    text->clear();
  }
  has_host = http_1_0 = false;
}

}  // namespace muster::host
