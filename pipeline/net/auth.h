#pragma once

#include <string>
#include <string_view>

namespace pipeline {

// Values for the Authorization and Proxy-Authorization headers (RFC 7617 and 6750). They are
// secrets: put them into a request and nowhere else.
std::string basic_auth(std::string_view username, std::string_view password);
std::string bearer_auth(std::string_view token);

// Compares in time that depends on the lengths only.
bool equal_secrets(std::string_view a, std::string_view b) noexcept;

std::string base64(std::string_view bytes);

}  // namespace pipeline
