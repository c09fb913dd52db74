#pragma once

#include <string_view>

namespace pipeline {

// Tells systemd (sd_notify(3): READY=1, STOPPING=1, STATUS=...) over $NOTIFY_SOCKET; nothing where
// there is none.
void notify_systemd(std::string_view state) noexcept;

}  // namespace pipeline
