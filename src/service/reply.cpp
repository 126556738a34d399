#include "service/reply.h"

#include "wire/exchange.h"

namespace muster::service {

Reply reply_of(const Error& error, std::optional<seconds> retry_after) {
  return {.status = entry(error.code).http,
          .content_type = "application/problem+json",
          .body = wire::encode_problem(error),
          .retry_after = retry_after};
}

}  // namespace muster::service
