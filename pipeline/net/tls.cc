#include "pipeline/net/tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <boost/asio/ip/address.hpp>

#include <array>

namespace pipeline {
namespace {

// The last session of a client, kept inside its SSL_CTX.
struct Session {
  ~Session() { SSL_SESSION_free(last); }
  SSL_SESSION* last = nullptr;
};

int session_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* session, CRYPTO_EX_DATA*, int, long, void*) {
        delete static_cast<Session*>(session);
      });
  return index;
}

Session* session_of(SSL* ssl) {
  return static_cast<Session*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), session_index()));
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  Session* const kept = session_of(ssl);
  if (kept == nullptr) return 0;
  SSL_SESSION_free(kept->last);
  kept->last = session;
  return 1;  // the reference is ours now
}

std::string last_tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

std::unexpected<Error> cannot(std::string_view doing, const std::string& path) {
  return failure(Errc::invalid_data, std::string(doing) + " " + path + ": " + last_tls_error());
}

Result<> use_pair(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return cannot("reading the certificate", cert_file);
  }
  // OpenSSL compares them here.
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return cannot("reading the key", key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return cannot("matching " + cert_file + " with", key_file);
  }
  return {};
}

Result<std::shared_ptr<asio::ssl::context>> new_context(asio::ssl::context::method method) {
  ERR_clear_error();
  auto context = std::make_shared<asio::ssl::context>(method);
  SSL_CTX* const native = context->native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1) {
    return failure(Errc::internal, "tls: " + last_tls_error());
  }
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle connections keep no 32 KiB
  return context;
}

Result<std::shared_ptr<asio::ssl::context>> client_context(const TlsClientOptions& options) {
  auto context = new_context(asio::ssl::context::tls_client);
  if (!context) return context;
  SSL_CTX* const native = (*context)->native_handle();
  if (options.insecure_skip_verify) {
    SSL_CTX_set_verify(native, SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    if (options.ca_file.empty()) {
      SSL_CTX_set_default_verify_paths(native);
    } else if (SSL_CTX_load_verify_file(native, options.ca_file.c_str()) != 1) {
      return cannot("reading the authorities", options.ca_file);
    }
  }
  if (!options.cert_file.empty()) {
    if (auto used = use_pair(native, options.cert_file, options.key_file); !used) {
      return std::unexpected(std::move(used).error());
    }
  }
  constexpr std::array<unsigned char, 9> kHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(native, kHttp11.data(), kHttp11.size());
  SSL_CTX_set_ex_data(native, session_index(), new Session);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(native, keep_session);
  return context;
}

Result<std::shared_ptr<asio::ssl::context>> server_context(const TlsServerOptions& options) {
  auto context = new_context(asio::ssl::context::tls_server);
  if (!context) return context;
  SSL_CTX* const native = (*context)->native_handle();
  if (auto used = use_pair(native, options.cert_file, options.key_file); !used) {
    return std::unexpected(std::move(used).error());
  }
  constexpr std::array<unsigned char, 6> kContext = {'s', 'l', 'u', 'i', 'c', 'e'};
  SSL_CTX_set_session_id_context(native, kContext.data(), kContext.size());
  if (!options.client_ca_file.empty()) {
    const std::string& file = options.client_ca_file;
    if (SSL_CTX_load_verify_file(native, file.c_str()) != 1) {
      return cannot("reading the authorities", file);
    }
    SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(file.c_str()));
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

WatchedFiles::WatchedFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
  std::erase(paths_, "");
  changed();
}

WatchedFiles::Stamp WatchedFiles::stamp(const std::string& path) {
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0) return {};
  const auto nanoseconds = [](const timespec& t) {
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  };
  return {nanoseconds(s.st_mtim), nanoseconds(s.st_ctim), s.st_dev, s.st_ino, s.st_size};
}

bool WatchedFiles::changed() {
  std::vector<Stamp> now;
  now.reserve(paths_.size());
  for (const auto& path : paths_) now.push_back(stamp(path));
  if (now == stamps_) return false;
  stamps_ = std::move(now);
  return true;
}

TlsContext::TlsContext(std::vector<std::string> paths, Build build, Warn warn)
    : files_(std::move(paths)), build_(std::move(build)), warn_(std::move(warn)) {}

Result<std::unique_ptr<TlsContext>> TlsContext::make(std::vector<std::string> paths, Build build,
                                                     Warn warn) {
  // The stamps are taken before the files are read, so that a change in between is seen.
  std::unique_ptr<TlsContext> tls(
      new TlsContext(std::move(paths), std::move(build), std::move(warn)));
  auto context = tls->build_();
  if (!context) return std::unexpected(std::move(context).error());
  tls->context_ = std::move(*context);
  return tls;
}

Result<std::unique_ptr<TlsContext>> TlsContext::client(const TlsClientOptions& options, Warn warn) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    return failure(Errc::invalid_data, "cert_file and key_file go together: one is missing");
  }
  return make(
      {options.ca_file, options.cert_file, options.key_file},
      [options] { return client_context(options); }, std::move(warn));
}

Result<std::unique_ptr<TlsContext>> TlsContext::server(const TlsServerOptions& options, Warn warn) {
  if (options.cert_file.empty() || options.key_file.empty()) {
    return failure(Errc::invalid_data, "cert_file and key_file go together: one is missing");
  }
  return make(
      {options.cert_file, options.key_file, options.client_ca_file},
      [options] { return server_context(options); }, std::move(warn));
}

std::shared_ptr<asio::ssl::context> TlsContext::current() {
  if (files_.changed()) {
    if (auto fresh = build_()) {
      context_ = std::move(*fresh);
    } else if (warn_) {
      warn_("reloading TLS files, the ones before stay in use: " + fresh.error().message());
    }
  }
  return context_;
}

Result<> expect_peer(SSL* ssl, const std::string& name, bool verify) {
  boost::system::error_code error;
  const bool is_address = (asio::ip::make_address(name, error), !error);
  if (!is_address) {
    // What SSL_set_tlsext_host_name() expands to; it takes the name as void* and copies it.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
  }
  if (verify) {
    X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str())
                               : X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size());
    if (set != 1) return failure(Errc::invalid_data, "tls: '" + name + "' cannot be verified");
  }
  if (const Session* kept = session_of(ssl); kept != nullptr && kept->last != nullptr) {
    SSL_set_session(ssl, kept->last);
  }
  return {};
}

}  // namespace pipeline
