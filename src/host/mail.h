// Alerts as mail, by SMTP. One mail a message, to all recipients at once; its Message-ID is made of
// the message's id, and the end of an alert answers its raising, so that mail readers show both
// together.
#pragma once

#include <memory>

#include "host/alert_options.h"
#include "host/receiver.h"

namespace muster::host {

// The whole mail, lines ended by CRLF, ASCII throughout: what is not is quoted-printable, in the
// subject an encoded word.
[[nodiscard]] std::string mail_text(const MailOptions& options,
                                    const service::AlertMessage& message, Instant now);

// Reads the password. file_unreadable; config_invalid: the file is empty.
[[nodiscard]] Expected<std::unique_ptr<Receiver>> make_mail(const MailOptions& options);

}  // namespace muster::host
