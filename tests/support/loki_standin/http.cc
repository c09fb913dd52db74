#include "tests/support/loki_standin/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

namespace loki_standin {
namespace {

constexpr std::size_t kReadBytes = 256UL << 10U;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 413:
      return "Request Entity Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

bool parse_number(std::string_view text, std::uint64_t& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end != text.data();
}

}  // namespace

std::string_view HttpRequest::header(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? std::string_view() : std::string_view(at->second);
}

std::string_view HttpRequest::parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
  }
  return {};
}

bool HttpConnection::fill() {
  const std::size_t had = buffer_.size();
  const std::size_t want =
      read_rate_ == 0 ? kReadBytes : std::clamp<std::size_t>(read_rate_ / 20, 1, kReadBytes);
  if (read_rate_ != 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  buffer_.resize(had + want);
  const std::ptrdiff_t got = socket_.read(buffer_.data() + had, want);
  buffer_.resize(had + static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0)));
  return got > 0;
}

HttpConnection::Read HttpConnection::read_head(HttpRequest& out) {
  out = HttpRequest{};
  std::size_t end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (buffer_.size() > kHeadBytesMax) return Read::malformed;
    if (!fill()) return buffer_.empty() ? Read::closed : Read::malformed;
    end = buffer_.find("\r\n\r\n");
  }
  std::string_view head = std::string_view(buffer_).substr(0, end);
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const std::size_t space = first.find(' ');
  const std::size_t second = first.rfind(' ');
  if (space == std::string_view::npos || second <= space ||
      !first.substr(second + 1).starts_with("HTTP/1.")) {
    return Read::malformed;
  }
  out.method = first.substr(0, space);
  const std::string_view target = first.substr(space + 1, second - space - 1);
  const std::size_t mark = target.find('?');
  out.path = target.substr(0, mark);
  if (mark != std::string_view::npos) out.query = target.substr(mark + 1);
  head.remove_prefix(std::min(head.size(), first.size() + 2));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Read::malformed;
    out.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  buffer_.erase(0, end + 4);
  return Read::ok;
}

HttpConnection::Read HttpConnection::read_body(HttpRequest& request, std::size_t bytes_max) {
  if (lower(request.header("expect")) == "100-continue" &&
      !socket_.write_all("HTTP/1.1 100 Continue\r\n\r\n")) {
    return Read::closed;
  }
  if (lower(request.header("transfer-encoding")) == "chunked") {
    return read_chunked(request, bytes_max);
  }
  std::uint64_t left = 0;
  if (const auto length = request.header("content-length");
      !length.empty() && !parse_number(length, left)) {
    return Read::malformed;
  }
  const bool keep = left <= bytes_max;
  if (keep) request.body.reserve(left);
  while (left > 0) {
    if (buffer_.empty() && !fill()) return Read::closed;
    const std::size_t take = std::min<std::size_t>(left, buffer_.size());
    if (keep) request.body.append(buffer_, 0, take);
    buffer_.erase(0, take);
    left -= take;
  }
  return keep ? Read::ok : Read::too_large;
}

bool HttpConnection::take_line(std::string& line) {
  std::size_t end = buffer_.find("\r\n");
  while (end == std::string::npos) {
    if (buffer_.size() > kHeadBytesMax || !fill()) return false;
    end = buffer_.find("\r\n");
  }
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return true;
}

HttpConnection::Read HttpConnection::read_chunked(HttpRequest& request, std::size_t bytes_max) {
  bool keep = true;
  std::string line;
  while (true) {
    std::uint64_t size = 0;
    if (!take_line(line)) return Read::closed;
    if (!parse_number(line, size, 16)) return Read::malformed;
    if (size == 0) break;
    if (request.body.size() + size > bytes_max) keep = false;
    while (size > 0) {
      if (buffer_.empty() && !fill()) return Read::closed;
      const std::size_t take = std::min<std::size_t>(size, buffer_.size());
      if (keep) request.body.append(buffer_, 0, take);
      buffer_.erase(0, take);
      size -= take;
    }
    if (!take_line(line) || !line.empty()) return Read::malformed;
  }
  while (take_line(line)) {
    if (line.empty()) return keep ? Read::ok : Read::too_large;
  }
  return Read::closed;
}

void HttpConnection::read_some_of_body(const HttpRequest& request, std::size_t bytes) {
  std::uint64_t length = 0;
  if (!parse_number(request.header("content-length"), length)) length = bytes;
  const std::size_t wanted = std::min<std::size_t>(bytes, length);
  while (buffer_.size() < wanted && fill()) {
  }
}

bool HttpConnection::write(const HttpResponse& response) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  if (response.status != 204) {
    head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", response.content_type,
                        response.body.size());
  }
  for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
  if (response.close) head += "Connection: close\r\n";
  head += "\r\n";
  // A 204 has no body; sending one would leave it in front of the next answer.
  if (response.status != 204) head += response.body;
  return socket_.write_all(head);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace loki_standin
