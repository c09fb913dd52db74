#include "tests/support/loki_standin/push_server.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "tests/support/loki_standin/decode.h"

namespace loki_standin {
namespace {

constexpr int kAcceptPatienceMs = 10;

bool is_success(int status) { return status == 200 || status == 204; }

std::int64_t wall_clock_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

PushServer::PushServer(Store& store, Script& script, std::uint16_t port)
    : store_(store), script_(script), listener_(port) {}

PushServer::~PushServer() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  for (Socket* socket : open_) socket->shut_down();
  changed_.wait(lock, [this] { return open_.empty(); });
  lock.unlock();
  if (acceptor_.joinable()) acceptor_.join();
}

std::expected<void, std::string> PushServer::start(const TlsFiles& tls) {
  if (!tls.cert.empty()) {
    tls_.reset(SSL_CTX_new(TLS_server_method()));
    if (SSL_CTX_use_certificate_chain_file(tls_.get(), tls.cert.c_str()) != 1) {
      return std::unexpected("reading the certificate " + tls.cert);
    }
    if (SSL_CTX_use_PrivateKey_file(tls_.get(), tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
      return std::unexpected("reading the key " + tls.key);
    }
    if (!tls.client_ca.empty()) {
      if (SSL_CTX_load_verify_locations(tls_.get(), tls.client_ca.c_str(), nullptr) != 1) {
        return std::unexpected("reading the client CA " + tls.client_ca);
      }
      SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
  }
  if (!listener_.open()) return std::unexpected("listening");
  is_up_ = true;
  acceptor_ = std::thread([this] { accept_connections(); });
  return {};
}

void PushServer::set_up(bool up) {
  std::unique_lock lock(mutex_);
  wanted_up_ = up;
  changed_.wait(lock, [this, up] { return is_up_ == up || stopping_; });
  if (up) return;
  for (Socket* socket : open_) socket->shut_down();
  changed_.wait(lock, [this] { return open_.empty() || stopping_; });
}

// The only thread that touches the listener, so that closing it cannot race with accept.
void PushServer::accept_connections() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (wanted_up_ != is_up_) {
        if (!wanted_up_) listener_.close();
        if (!wanted_up_ || listener_.open()) is_up_ = wanted_up_;
        changed_.notify_all();
      }
    }
    const int fd = listener_.accept(kAcceptPatienceMs);
    if (fd < 0) continue;
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = ++stats_.connections;
    std::thread([this, fd, number] { serve(fd, number); }).detach();
  }
}

void PushServer::serve(int fd, std::uint64_t number) {
  Socket socket(fd);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !wanted_up_ || open_.size() >= kConnectionsMax) return;
    open_.insert(&socket);
  }
  const bool shaken = tls_ == nullptr || socket.accept_tls(tls_.get());
  if (shaken) {
    HttpConnection http(socket);
    HttpRequest request;
    bool more = true;
    while (more) {
      Seen seen;
      seen.connection = number;
      more = serve_request(socket, http, request, seen);
    }
  }
  const std::lock_guard lock(mutex_);
  if (!shaken) ++stats_.tls_refused;
  open_.erase(&socket);
  changed_.notify_all();
}

bool PushServer::serve_request(Socket& socket, HttpConnection& http, HttpRequest& request,
                               Seen& seen) {
  using Read = HttpConnection::Read;
  const Read head = http.read_head(request);
  if (head == Read::malformed) {
    http.write({.status = 400, .headers = {}, .body = "malformed request", .close = true});
    return false;
  }
  if (head != Read::ok) return false;
  seen.at = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                  began_);
  seen.tenant = request.header("x-scope-orgid");
  seen.user_agent = request.header("user-agent");
  if (request.path == "/loki/api/v1/push" && request.method == "POST") {
    return serve_push(socket, http, request, seen);
  }
  if (http.read_body(request, store_.limits().body_bytes_max) != Read::ok) return false;
  if (request.path == "/ready") return http.write({.headers = {}, .body = "ready\n"});
  return http.write({.status = request.path == "/loki/api/v1/push" ? 405 : 404,
                     .headers = {},
                     .body = "404 page not found\n"});
}

bool PushServer::serve_push(Socket& socket, HttpConnection& http, HttpRequest& request,
                            Seen& seen) {
  using Read = HttpConnection::Read;
  const std::optional<Step> scripted = script_.next(std::chrono::steady_clock::now());
  Step step = scripted.value_or(Step{});
  if (!scripted) step.behaviour = Step::Behaviour::normal;
  if (step.behaviour == Step::Behaviour::reset_mid_body) {
    http.read_some_of_body(request, step.after_bytes);
    seen.bytes = step.after_bytes;
    record(seen);
    socket.reset_on_close();
    return false;
  }
  if (step.behaviour == Step::Behaviour::slow_read) http.set_read_rate(step.bytes_per_second);
  const Read read = http.read_body(request, store_.limits().body_bytes_max);
  http.set_read_rate(0);
  if (read == Read::closed || read == Read::malformed) return false;
  if (step.delay.count() != 0) hang(socket, step.delay);
  if (read == Read::too_large) {
    seen.status = 413;
    record(seen);
    return http.write({.status = 413, .headers = {}, .body = "http: request body too large\n"});
  }
  seen.bytes = request.body.size();
  seen.digest = XXH3_64bits(request.body.data(), request.body.size());
  const bool more = answer(socket, http, request, step, seen);
  request.body.clear();
  return more;
}

bool PushServer::answer(Socket& socket, HttpConnection& http, const HttpRequest& request,
                        const Step& step, Seen& seen) {
  using Behaviour = Step::Behaviour;
  const bool as_always =
      step.behaviour == Behaviour::normal || step.behaviour == Behaviour::slow_read;
  const bool success = step.behaviour == Behaviour::answer && is_success(step.status);
  HttpResponse response;
  if (as_always || success || step.store || step.behaviour == Behaviour::reset_after_accept) {
    response = judge(request, seen);
    if (success && response.status == 204) response.status = step.status;
  }
  if (step.behaviour == Behaviour::hang) {
    record(seen);
    hang(socket, step.hang);
    return false;
  }
  if (step.behaviour == Behaviour::reset_before_answer ||
      step.behaviour == Behaviour::reset_after_accept) {
    record(seen);
    socket.reset_on_close();
    return false;
  }
  if (step.behaviour == Behaviour::answer && !success) {
    response.status = step.status;
    response.body = step.body.value_or(fmt::format("scripted answer {}", step.status));
  }
  for (const auto& header : step.headers) response.headers.push_back(header);
  response.close = step.close;
  seen.status = response.status;
  record(seen);
  return http.write(response) && !step.close;
}

HttpResponse PushServer::judge(const HttpRequest& request, Seen& seen) {
  const Policy policy = store_.policy();
  HttpResponse response;
  if (!policy.authorization.empty() && request.header("authorization") != policy.authorization) {
    response.status = 401;
    response.body = "unauthorized";
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"loki\"");
    return response;
  }
  wire::PushRequest push;
  const auto decoded =
      decode_push(request.header("content-type"), request.header("content-encoding"), request.body,
                  store_.limits(), push);
  if (!decoded) {
    response.status = decoded.error().status;
    response.body = decoded.error().message + "\n";
    return response;
  }
  const PushAnswer answer =
      store_.push(seen.tenant.empty() ? "fake" : seen.tenant, push, wall_clock_ns());
  seen.stored = answer.stored;
  seen.refused = answer.refused;
  response.status = answer.status;
  response.body = answer.message;
  return response;
}

void PushServer::hang(Socket& socket, std::chrono::milliseconds duration) {
  constexpr std::chrono::milliseconds kLook{20};
  const auto until = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < until) {
    if (socket.wait_for_peer_close(kLook.count())) return;
    const std::lock_guard lock(mutex_);
    if (stopping_ || !wanted_up_) return;
  }
}

void PushServer::record(const Seen& seen) {
  const std::lock_guard lock(mutex_);
  ++stats_.requests;
  ++stats_.by_status[seen.status];
  stats_.bytes += seen.bytes;
  seen_.push_back(seen);
  if (seen_.size() > kSeenMax) seen_.pop_front();
}

PushServer::Stats PushServer::stats() {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::deque<Seen> PushServer::seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void PushServer::reset() {
  const std::lock_guard lock(mutex_);
  stats_ = Stats{};
  seen_.clear();
}

}  // namespace loki_standin
