#include "pipeline/net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pipeline/net/authority.h"

namespace pipeline {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~!$&'()*+,;=:").find(c) != std::string_view::npos;
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool is_unfit_for_a_request_line(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F;
}

}  // namespace

Result<HostPort> split_host_port(std::string_view text) {
  HostPort parts;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return failure(Errc::invalid_data, "']' is missing");
    parts.host = text.substr(1, end - 1);
    if (parts.host.find(':') == std::string::npos ||
        parts.host.find_first_not_of("0123456789abcdefABCDEF:.%") != std::string::npos) {
      return failure(Errc::invalid_data, "what stands in brackets is not an IPv6 address");
    }
    std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') {
      return failure(Errc::invalid_data, "':' and a port are expected after ']'");
    }
    parts.has_port = !rest.empty();
    if (parts.has_port) port = rest.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
      return failure(Errc::invalid_data, "an IPv6 address has to be in brackets, as in [::1]:80");
    }
    parts.host = text.substr(0, colon);
    parts.has_port = colon != std::string_view::npos;
    if (parts.has_port) port = text.substr(colon + 1);
    const bool odd = std::any_of(parts.host.begin(), parts.host.end(), [](char c) {
      return is_unfit_for_a_request_line(c) ||
             std::string_view("/\\@?#<>\"|^`{}[]").find(c) != std::string_view::npos;
    });
    if (odd) {
      return failure(Errc::invalid_data, "the host has a character that host names don't have");
    }
  }
  if (parts.has_port) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (error != std::errc{} || end != port.data() + port.size() || value > 65535) {
      return failure(Errc::invalid_data,
                     fmt::format("'{}' is not a port between 0 and 65535", port));
    }
    parts.port = static_cast<std::uint16_t>(value);
  }
  return parts;
}

std::string join_host_port(std::string_view host, std::uint16_t port) {
  return host.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, port)
                                                  : fmt::format("[{}]:{}", host, port);
}

Result<Url> Url::parse(std::string_view text) {
  Url url;
  if (text.starts_with("unix:")) {
    url.scheme = Scheme::unix_socket;
    text.remove_prefix(5);
    if (text.starts_with("//")) text.remove_prefix(2);
    if (text.empty()) return failure(Errc::invalid_data, "unix: has no path behind it");
    url.socket_path = text;
    return url;
  }
  if (text.starts_with("http://")) {
    url.port = kHttpPort;
    text.remove_prefix(7);
  } else if (text.starts_with("https://")) {
    url.scheme = Scheme::https;
    url.port = kHttpsPort;
    text.remove_prefix(8);
  } else {
    const std::size_t scheme = text.find("://");
    return failure(
        Errc::invalid_data,
        scheme == std::string_view::npos
            ? "the URL has no scheme: write http://, https:// or unix:"
            : fmt::format("'{}' is not a scheme we know: write http://, https:// or unix:",
                          text.substr(0, scheme)));
  }

  const std::size_t authority_end = text.find_first_of("/?#");
  std::string_view authority = text.substr(0, authority_end);
  const std::string_view target =
      authority_end == std::string_view::npos ? std::string_view() : text.substr(authority_end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = percent_decoded(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  auto parts = split_host_port(authority);
  if (!parts) return std::unexpected(std::move(parts).error());
  if (parts->host.empty()) return failure(Errc::invalid_data, "the URL has no host");
  if (parts->has_port && parts->port == 0) {
    return failure(Errc::invalid_data, "port 0 cannot be connected to");
  }
  url.host = std::move(parts->host);
  if (parts->has_port) url.port = parts->port;

  if (target.find('#') != std::string_view::npos) {
    return failure(Errc::invalid_data, "a fragment ('#...') has no meaning here");
  }
  if (std::any_of(target.begin(), target.end(), is_unfit_for_a_request_line)) {
    return failure(Errc::invalid_data,
                   "the path has a space or control character: write it as %20");
  }
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

std::string Url::authority(bool with_port) const {
  if (scheme == Scheme::unix_socket) return "localhost";
  const bool usual = port == (scheme == Scheme::https ? kHttpsPort : kHttpPort);
  if (with_port || !usual) return join_host_port(host, port);
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string Url::without_userinfo() const {
  if (scheme == Scheme::unix_socket) return "unix:" + socket_path;
  return (scheme == Scheme::https ? "https://" : "http://") + authority() +
         (target == "/" ? "" : target);
}

std::string Url::to_string() const {
  std::string text = without_userinfo();
  if (!userinfo.empty()) text.insert(text.find("://") + 3, percent_encoded(userinfo) + "@");
  return text;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string query_parameter(std::string_view target, std::string_view name) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {};
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (percent_decoded(pair.substr(0, equals)) != name) continue;
    if (equals == std::string_view::npos) return {};
    std::string value(pair.substr(equals + 1));
    std::replace(value.begin(), value.end(), '+', ' ');
    return percent_decoded(value);
  }
  return {};
}

}  // namespace pipeline
