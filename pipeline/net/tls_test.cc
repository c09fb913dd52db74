#include "pipeline/net/tls.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/stream.hpp>

#include <fstream>

#include "pipeline/net/net_test_support.h"

namespace pipeline {
namespace {

using namespace testing;  // NOLINT: the names of this folder's tests

// A certificate and its key, and the means to sign others.
struct Identity {
  std::shared_ptr<EVP_PKEY> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  std::shared_ptr<X509> certificate{X509_new(), X509_free};
};

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  ASSERT_NE(extension, nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// `names` as in "DNS:loki,IP:127.0.0.1"; "" makes an authority. Signed by itself without `issuer`.
Identity make_identity(const std::string& common_name, const std::string& names,
                       const Identity* issuer = nullptr, long valid_for = 3600) {
  static long serial = 1;
  Identity made;
  X509* const c = made.certificate.get();
  X509_set_version(c, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(c), serial++);
  X509_gmtime_adj(X509_getm_notBefore(c), -7200);
  X509_gmtime_adj(X509_getm_notAfter(c), valid_for);
  X509_set_pubkey(c, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  const Identity& signer = issuer != nullptr ? *issuer : made;
  X509_set_issuer_name(c, X509_get_subject_name(signer.certificate.get()));
  add_extension(c, NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
  if (!names.empty()) add_extension(c, NID_subject_alt_name, names);
  X509_sign(c, signer.key.get(), EVP_sha256());
  return made;
}

void write_file(const std::string& path, const std::function<void(BIO*)>& fill) {
  BIO* const memory = BIO_new(BIO_s_mem());
  fill(memory);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  // Renamed into place, so that every version has its own inode.
  std::ofstream(path + ".new", std::ios::binary).write(text, size);
  std::filesystem::rename(path + ".new", path);
  BIO_free(memory);
}

void write_certificate(const std::string& path, const Identity& who) {
  write_file(path, [&who](BIO* out) { PEM_write_bio_X509(out, who.certificate.get()); });
}

void write_key(const std::string& path, const Identity& who) {
  write_file(path, [&who](BIO* out) {
    PEM_write_bio_PrivateKey(out, who.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    write_certificate(ca_file, ca);
    install(make_identity("server", "DNS:localhost,IP:127.0.0.1", &ca));
  }

  void install(const Identity& who) {
    write_certificate(cert_file, who);
    write_key(key_file, who);
  }

  HttpServerOptions server_options() {
    HttpServerOptions options = on_loopback();
    options.tls = {cert_file, key_file, ""};
    return options;
  }

  HttpClientOptions trusting(const std::string& file) {
    HttpClientOptions options;
    options.tls.ca_file = file;
    return options;
  }

  // One request on a new connection: the status, or the error's text.
  std::string outcome(const std::string& url, HttpClientOptions options) {
    const auto client = client_for(loop, url, std::move(options));
    const auto answer = loop.run(get(*client, "/"));
    if (!answer) {
      EXPECT_EQ(answer.error().code(), Errc::unavailable);
      return answer.error().message();
    }
    return std::to_string(answer->status);
  }

  Loop loop;
  TempDir dir;
  std::string ca_file = dir.file("ca.pem");
  std::string cert_file = dir.file("cert.pem");
  std::string key_file = dir.file("key.pem");
  Identity ca = make_identity("test authority", "");
};

TEST_F(TlsTest, TrustsItsAuthorityAndNobodyElse) {
  OwnServer own(loop, server_options());
  own.server.add("GET", "/", echo);
  own.start();
  EXPECT_EQ(outcome(own.url("https"), trusting(ca_file)), "200");
  EXPECT_EQ(outcome("https://localhost:" + std::to_string(own.port()), trusting(ca_file)), "200");

  const Identity other = make_identity("other authority", "");
  write_certificate(dir.file("other.pem"), other);
  const std::string wrong = outcome(own.url("https"), trusting(dir.file("other.pem")));
  EXPECT_NE(wrong.find("certificate is not accepted"), std::string::npos) << wrong;
  HttpClientOptions careless = trusting(dir.file("other.pem"));
  careless.tls.insecure_skip_verify = true;
  EXPECT_EQ(outcome(own.url("https"), careless), "200");
}

TEST_F(TlsTest, TheNameMustMatch) {
  install(make_identity("server", "DNS:loki.example", &ca));
  OwnServer own(loop, server_options());
  own.server.add("GET", "/", echo);
  own.start();
  const std::string wrong = outcome(own.url("https"), trusting(ca_file));
  EXPECT_NE(wrong.find("mismatch"), std::string::npos) << wrong;
  HttpClientOptions named = trusting(ca_file);
  named.tls.server_name = "loki.example";
  EXPECT_EQ(outcome(own.url("https"), named), "200");
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
  install(make_identity("server", "IP:127.0.0.1", &ca, -60));
  OwnServer own(loop, server_options());
  own.server.add("GET", "/", echo);
  own.start();
  const std::string expired = outcome(own.url("https"), trusting(ca_file));
  EXPECT_NE(expired.find("expired"), std::string::npos) << expired;
}

TEST_F(TlsTest, ClientCertificatesAreDemandedAndShown) {
  HttpServerOptions options = server_options();
  options.tls.client_ca_file = ca_file;
  OwnServer own(loop, options);
  own.server.add("GET", "/", echo);
  own.start();
  EXPECT_NE(outcome(own.url("https"), trusting(ca_file)), "200");

  const Identity me = make_identity("agent", "DNS:agent", &ca);
  write_certificate(dir.file("me.pem"), me);
  write_key(dir.file("me.key"), me);
  HttpClientOptions known = trusting(ca_file);
  known.tls.cert_file = dir.file("me.pem");
  known.tls.key_file = dir.file("me.key");
  EXPECT_EQ(outcome(own.url("https"), known), "200");

  const Identity stranger = make_identity("stranger", "DNS:agent");
  write_certificate(dir.file("me.pem"), stranger);
  write_key(dir.file("me.key"), stranger);
  EXPECT_NE(outcome(own.url("https"), known), "200");
}

TEST_F(TlsTest, TheServersCertificateIsReloaded) {
  std::vector<std::string> warnings;
  HttpServerOptions options = server_options();
  options.on_warning = [&warnings](std::string_view text) { warnings.emplace_back(text); };
  OwnServer own(loop, options);
  own.server.add("GET", "/", echo);
  own.start();
  ASSERT_EQ(outcome(own.url("https"), trusting(ca_file)), "200");

  const Identity next_ca = make_identity("next authority", "");
  const Identity next = make_identity("server", "IP:127.0.0.1", &next_ca);
  const std::string next_ca_file = dir.file("next_ca.pem");
  write_certificate(next_ca_file, next_ca);

  write_certificate(cert_file, next);  // the key is still the old one
  EXPECT_EQ(outcome(own.url("https"), trusting(ca_file)), "200") << "the old pair stays in use";
  EXPECT_EQ(outcome(own.url("https"), trusting(ca_file)), "200");
  ASSERT_EQ(warnings.size(), 1U) << "said once";
  EXPECT_NE(warnings[0].find("stay in use"), std::string::npos);

  write_key(key_file, next);
  EXPECT_EQ(outcome(own.url("https"), trusting(next_ca_file)), "200");
  EXPECT_NE(outcome(own.url("https"), trusting(ca_file)), "200");
  EXPECT_EQ(warnings.size(), 1U);
}

TEST_F(TlsTest, TheClientsFilesAreReloadedThroughSymlinks) {
  OwnServer own(loop, server_options());
  own.server.add("GET", "/", echo);
  own.start();
  const Identity other = make_identity("other authority", "");
  write_certificate(dir.file("other.pem"), other);
  std::filesystem::create_symlink(dir.file("other.pem"), dir.file("link.pem"));
  const auto client = client_for(loop, own.url("https"), trusting(dir.file("link.pem")));
  EXPECT_FALSE(loop.run(get(*client, "/")));
  std::filesystem::create_symlink(ca_file, dir.file("link.new"));
  std::filesystem::rename(dir.file("link.new"), dir.file("link.pem"));
  const auto answer = loop.run(get(*client, "/"));
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST_F(TlsTest, ConnectionsAreKeptAndBodiesPassBothWays) {
  OwnServer own(loop, server_options());
  own.server.add("POST", "/", echo);
  own.start();
  HttpClientOptions options = trusting(ca_file);
  options.max_response_body = std::size_t{4} << 20;
  const auto client = client_for(loop, own.url("https"), options);
  for (int i = 0; i < 5; ++i) {
    const std::string body(700'000, static_cast<char>('a' + i));
    const auto answer = loop.run(post(*client, "/", body));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "POST / " + body);
    EXPECT_EQ(own.server.connection_count(), 1U);
  }
}

TEST_F(TlsTest, SessionsAreResumed) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain_file(cert_file);
  context.use_private_key_file(key_file, asio::ssl::context::pem);
  std::vector<int> resumed;
  RawServer server(loop, [&](Tcp socket, int) -> Task<> {
    return [](Tcp peer, asio::ssl::context& tls, std::vector<int>& seen) -> Task<> {
      asio::ssl::stream<Tcp> stream(std::move(peer), tls);
      auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kQuiet);
      if (error) co_return;
      seen.push_back(SSL_session_reused(stream.native_handle()));
      std::string text;
      co_await asio::async_read_until(stream, asio::dynamic_buffer(text), "\r\n\r\n", kQuiet);
      std::string answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
      co_await asio::async_write(stream, asio::buffer(answer), kQuiet);
      co_await stream.async_shutdown(kQuiet);
    }(std::move(socket), context, resumed);
  });
  const auto client =
      client_for(loop, "https://127.0.0.1:" + std::to_string(server.port()), trusting(ca_file));
  for (int i = 0; i < 3; ++i) {
    const auto answer = loop.run(get(*client, "/"));
    ASSERT_TRUE(answer) << answer.error().message();
  }
  EXPECT_EQ(resumed, (std::vector<int>{0, 1, 1}));
}

TEST_F(TlsTest, AProxyTunnelsIt) {
  OwnServer own(loop, server_options());
  own.server.add("GET", "/", echo);
  own.start();
  std::string asked;
  const std::uint16_t behind = own.port();
  RawServer proxy(loop, [&asked, behind](Tcp socket, int number) -> Task<> {
    return [](Tcp near, std::string& text, std::uint16_t port, int n) -> Task<> {
      text = co_await read_request(near);
      if (n > 0) {
        co_await say(near, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        co_return;
      }
      Tcp far = co_await dial(port);
      co_await say(near, "HTTP/1.1 200 Connection established\r\n\r\n");
      const auto copy = [](Tcp& from, Tcp& to) -> Task<> {
        std::string buffer(16384, '\0');
        while (true) {
          auto [error, size] = co_await from.async_read_some(asio::buffer(buffer), kQuiet);
          if (error) break;
          co_await asio::async_write(to, asio::buffer(buffer.data(), size), kQuiet);
        }
        boost::system::error_code ignored;
        to.shutdown(Tcp::shutdown_send, ignored);
      };
      const Executor here = co_await asio::this_coro::executor;
      auto back = copy(far, near);
      auto returning = asio::co_spawn(here, std::move(back), asio::use_awaitable);
      bool returned = false;
      asio::co_spawn(here, std::move(returning),
                     [&returned](std::exception_ptr) { returned = true; });
      co_await copy(near, far);
      while (!returned) co_await asio::post(here, asio::use_awaitable);
    }(std::move(socket), asked, behind, number);
  });
  HttpClientOptions options = trusting(ca_file);
  options.proxy = "http://me:pass@127.0.0.1:" + std::to_string(proxy.port());
  {
    const auto client = client_for(loop, own.url("https"), options);
    const auto answer = loop.run(get(*client, "/"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, 200);
  }
  const std::string authority = "127.0.0.1:" + std::to_string(behind);
  EXPECT_TRUE(asked.starts_with("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority))
      << asked;
  EXPECT_NE(asked.find("Proxy-Authorization: Basic bWU6cGFzcw==\r\n"), std::string::npos);
  const std::string refused = outcome(own.url("https"), options);
  EXPECT_NE(refused.find("407"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("pass@"), std::string::npos);
}

TEST_F(TlsTest, PeersThatSpeakNoTlsAreUnavailable) {
  RawServer plain(loop, [](Tcp socket, int) -> Task<> {
    return [](Tcp peer) -> Task<> {
      co_await say(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
    }(std::move(socket));
  });
  EXPECT_NE(outcome("https://127.0.0.1:" + std::to_string(plain.port()), trusting(ca_file)), "200");
  OwnServer own(loop, server_options());
  own.start();
  EXPECT_EQ(loop.run(talk(own.port(), "GET / HTTP/1.1\r\n\r\n")).find("HTTP"), std::string::npos);
}

TEST_F(TlsTest, AServerWithoutItsFilesDoesNotStart) {
  HttpServerOptions options = server_options();
  options.tls.key_file = dir.file("missing.pem");
  HttpServer server(loop.executor(), options);
  const auto started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), Errc::invalid_data);
  EXPECT_NE(started.error().message().find("missing.pem"), std::string::npos);
}

}  // namespace
}  // namespace pipeline
