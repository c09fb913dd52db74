// A receiver that costs as little as a receiver can: accepts HTTP/1.1 requests on loopback, throws
// bodies away within the kernel, answers 204. sluice_sink204 [PORT]; PORT 0 (the default) lets the
// kernel choose. Prints {"port": N} at once, and what it got when it is told to stop (SIGTERM,
// SIGINT). Understands Content-Length only.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr std::size_t kHeadMax = 64 * 1024;

std::atomic<std::uint64_t> requests{0};
std::atomic<std::uint64_t> body_bytes{0};

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\ncontent-length:";
  for (std::size_t at = head.find('\n'); at != std::string_view::npos;
       at = head.find('\n', at + 1)) {
    if (at + kName.size() > head.size()) break;
    if (!std::equal(
            kName.begin(), kName.end(), head.begin() + static_cast<std::ptrdiff_t>(at),
            [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); })) {
      continue;
    }
    return std::strtoull(std::string(head.substr(at + kName.size(), 24)).c_str(), nullptr, 10);
  }
  return 0;
}

// Until the peer goes away or breaks the rules.
void serve(int socket) {
  std::string in;
  char buffer[16 * 1024];
  while (true) {
    std::size_t head = in.find("\r\n\r\n");
    while (head == std::string::npos) {
      const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0 || in.size() > kHeadMax) {
        ::close(socket);
        return;
      }
      in.append(buffer, static_cast<std::size_t>(got));
      head = in.find("\r\n\r\n");
    }
    head += 4;
    const std::size_t size = content_length(std::string_view(in).substr(0, head));
    const bool wants_continue = in.find("100-continue") < head;
    const std::size_t have = std::min(size, in.size() - head);
    in.erase(0, head + have);
    if (wants_continue && have == 0 && size > 0 &&
        !send_all(socket, "HTTP/1.1 100 Continue\r\n\r\n"))
      break;
    for (std::size_t left = size - have; left > 0;) {
      // MSG_TRUNC on a TCP socket: the bytes are consumed and not copied.
      const ssize_t got = ::recv(socket, nullptr, left, MSG_TRUNC);
      if (got <= 0) {
        ::close(socket);
        return;
      }
      left -= static_cast<std::size_t>(got);
    }
    requests.fetch_add(1, std::memory_order_relaxed);
    body_bytes.fetch_add(size, std::memory_order_relaxed);
    if (!send_all(socket, "HTTP/1.1 204 No Content\r\n\r\n")) break;
  }
  ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 0;
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 128) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("listen");
    return 1;
  }
  std::printf("{\"port\": %d}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::thread([listener] {
    while (true) {
      const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      const int no_delay = 1;
      ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
      std::thread(serve, client).detach();
    }
  }).detach();
  int signal = 0;
  sigwait(&stop, &signal);
  std::printf("{\"requests\": %llu, \"bytes\": %llu}\n",
              static_cast<unsigned long long>(requests.load()),
              static_cast<unsigned long long>(body_bytes.load()));
  std::fflush(stdout);
  std::_Exit(0);
}
