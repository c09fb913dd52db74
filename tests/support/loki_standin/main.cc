// A strict stand-in for Loki's push API, and the port from which a test drives it.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "tests/support/loki_standin/control_server.h"

namespace {

using namespace loki_standin;

constexpr std::string_view kUsage = R"(loki_standin [OPTION VALUE]...
  --port N             push port on 127.0.0.1; 0 (default) takes a free one
  --control-port N     control port; 0 (default) takes a free one
  --partial on|off     off: one bad entry refuses the whole request (default on, as Loki)
  --poison TEXT        refuse lines that contain TEXT
  --require-tenant T   refuse other tenants
  --tenant-status N    with this status (default 401)
  --authorization V    ask for exactly this Authorization header
  --max-age SECONDS    refuse older entries; 0: none is too old (default 604800)
  --max-behind SECONDS refuse entries further behind their stream; 0: none (default 3600)
  --max-body BYTES     413 above it (default 104857600)
  --accepted FILE      write every entry that was stored
  --tls-cert FILE --tls-key FILE [--tls-client-ca FILE]
  --max-seconds N      end after so long in any case (default 3600)
Ends when its standard input closes.
)";

struct Options {
  Limits limits;
  Policy policy;
  TlsFiles tls;
  std::string accepted;
  std::uint64_t port = 0;
  std::uint64_t control_port = 0;
  std::uint64_t max_seconds = 3600;
};

bool number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool take(std::string_view name, const std::string& value, Options& out) {
  std::uint64_t whole = 0;
  const bool is_number = number(value, whole);
  if (name == "--partial") {
    out.policy.partial = value == "on";
  } else if (name == "--poison") {
    out.policy.poison = value;
  } else if (name == "--require-tenant") {
    out.policy.require_tenant = value;
  } else if (name == "--authorization") {
    out.policy.authorization = value;
  } else if (name == "--accepted") {
    out.accepted = value;
  } else if (name == "--tls-cert") {
    out.tls.cert = value;
  } else if (name == "--tls-key") {
    out.tls.key = value;
  } else if (name == "--tls-client-ca") {
    out.tls.client_ca = value;
  } else if (!is_number) {
    return false;
  } else if (name == "--port") {
    out.port = whole;
  } else if (name == "--control-port") {
    out.control_port = whole;
  } else if (name == "--tenant-status") {
    out.policy.tenant_status = static_cast<int>(whole);
  } else if (name == "--max-age") {
    out.limits.age_max = std::chrono::seconds(whole);
  } else if (name == "--max-behind") {
    out.limits.behind_max = std::chrono::seconds(whole);
  } else if (name == "--max-body") {
    out.limits.body_bytes_max = whole;
  } else if (name == "--max-seconds") {
    out.max_seconds = whole;
  } else {
    return false;
  }
  return true;
}

void serve_control(ControlServer& control, int fd) {
  Socket socket(fd);
  HttpConnection http(socket);
  HttpRequest request;
  constexpr std::size_t kControlBodyMax = 16UL << 20U;
  while (http.read_head(request) == HttpConnection::Read::ok &&
         http.read_body(request, kControlBodyMax) == HttpConnection::Read::ok &&
         http.write(control.answer(request))) {
  }
}

// True once there is nothing more to read: whoever started us is gone.
bool stdin_closed() {
  pollfd wait{STDIN_FILENO, POLLIN, 0};
  if (::poll(&wait, 1, 0) <= 0) return false;
  char byte = 0;
  return ::read(STDIN_FILENO, &byte, 1) <= 0;
}

int run(const Options& options) {
  Store store(options.limits, options.policy);
  if (!options.accepted.empty() && !store.keep_accepted_in(options.accepted)) {
    fmt::print(stderr, "loki_standin: opening '{}' failed\n", options.accepted);
    return 1;
  }
  Script script;
  PushServer push(store, script, static_cast<std::uint16_t>(options.port));
  if (const auto started = push.start(options.tls); !started) {
    fmt::print(stderr, "loki_standin: {} failed\n", started.error());
    return 1;
  }
  ControlServer control(store, script, push);
  Listener listener(static_cast<std::uint16_t>(options.control_port));
  if (!listener.open()) {
    fmt::print(stderr, "loki_standin: listening for control failed\n");
    return 1;
  }
  fmt::print("listening {} control {}\n", push.port(), listener.port());
  (void)std::fflush(stdout);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.max_seconds);
  constexpr int kLookMs = 50;
  while (!stdin_closed() && std::chrono::steady_clock::now() < end) {
    const int fd = listener.accept(kLookMs);
    if (fd >= 0) std::thread([&control, fd] { serve_control(control, fd); }).detach();
  }
  store.with_tenants([](const auto&) {});  // flushes what was accepted
  // Connections may still be blocked in reads; nobody waits for them any more.
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc || !take(argv[i], argv[i + 1], options)) {
      fmt::print(stderr, "loki_standin: bad option '{}'\n{}", argv[i], kUsage);
      return 2;
    }
  }
  return run(options);
}
