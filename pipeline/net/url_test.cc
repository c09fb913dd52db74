#include "pipeline/net/url.h"

#include <gtest/gtest.h>

#include "pipeline/net/address.h"
#include "pipeline/net/auth.h"
#include "pipeline/net/http_message.h"

namespace pipeline {
namespace {

TEST(Url, ReadsWhatItPrints) {
  const struct {
    std::string_view text, host;
    std::uint16_t port;
    std::string_view target, authority, printed;
  } cases[] = {
      {"http://loki:3100", "loki", 3100, "/", "loki:3100", "http://loki:3100"},
      {"http://loki", "loki", 80, "/", "loki", "http://loki"},
      {"https://loki:443/", "loki", 443, "/", "loki", "https://loki"},
      {"https://x.example/a/b?c=d&e", "x.example", 443, "/a/b?c=d&e", "x.example",
       "https://x.example/a/b?c=d&e"},
      {"http://x?q=1", "x", 80, "/?q=1", "x", "http://x/?q=1"},
      {"http://[::1]:9/x", "::1", 9, "/x", "[::1]:9", "http://[::1]:9/x"},
      {"http://[fe80::1]", "fe80::1", 80, "/", "[fe80::1]", "http://[fe80::1]"},
      {"http://u:p%40ss@h:1/", "h", 1, "/", "h:1", "http://h:1"},
  };
  for (const auto& c : cases) {
    const auto url = Url::parse(c.text);
    ASSERT_TRUE(url) << c.text << ": " << url.error().message();
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->target, c.target);
    EXPECT_EQ(url->authority(), c.authority);
    EXPECT_EQ(url->without_userinfo(), c.printed);
    EXPECT_EQ(Url::parse(url->to_string())->to_string(), url->to_string());
  }
  const auto secret = Url::parse("http://u:p%40ss@h:1/").value();
  EXPECT_EQ(secret.userinfo, "u:p@ss");
  EXPECT_EQ(secret.to_string(), "http://u:p%40ss@h:1");
  const auto local = Url::parse("unix:/run/x.sock").value();
  EXPECT_EQ(local.socket_path, "/run/x.sock");
  EXPECT_EQ(local.authority(), "localhost");
  EXPECT_EQ(local.to_string(), "unix:/run/x.sock");
}

TEST(Url, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"loki:3100", "scheme"},
      {"", "scheme"},
      {"ftp://x", "'ftp'"},
      {"http://", "no host"},
      {"http://:80", "no host"},
      {"http://x:0", "port 0"},
      {"http://x:65536", "65536"},
      {"http://x:", "port"},
      {"http://x:8o", "8o"},
      {"http://::1/", "brackets"},
      {"http://[::1", "']'"},
      {"http://[x]/", "IPv6"},
      {"http://[::1]x", "after ']'"},
      {"http://x/#a", "fragment"},
      {"http://x/a b", "%20"},
      {"http://x/a\nb", "control"},
      {"http://a b/", "host"},
      {"http://x\r\n/", "host"},
      {"unix:", "path"},
  };
  for (const auto& [text, part] : cases) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), Errc::invalid_data);
    EXPECT_NE(url.error().message().find(part), std::string::npos) << url.error().message();
  }
  EXPECT_EQ(Url::parse("http://me:hunter2@x:99999").error().message().find("hunter2"),
            std::string::npos);
}

TEST(ListenAddress, ReadsWhatItPrints) {
  const struct {
    std::string_view text, host;
    std::uint16_t port;
    bool loopback;
  } cases[] = {{"127.0.0.1:8465", "127.0.0.1", 8465, true},
               {":8465", "", 8465, false},
               {"[::1]:80", "::1", 80, true},
               {"[::]:80", "::", 80, false},
               {"localhost:0", "localhost", 0, true},
               {"0.0.0.0:3100", "0.0.0.0", 3100, false}};
  for (const auto& c : cases) {
    const auto address = ListenAddress::parse(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_EQ(address->is_loopback(), c.loopback) << c.text;
    EXPECT_EQ(address->to_string(), c.text);
  }
  EXPECT_EQ(ListenAddress::parse("unix:/run/a.sock")->socket_path, "/run/a.sock");
  EXPECT_EQ(ListenAddress::parse("unix:/run/a.sock")->to_string(), "unix:/run/a.sock");
  for (const std::string_view text :
       {"127.0.0.1", "", "::1:80", "x:y", "x:70000", "http://x:80", "unix:", "[::1]", "[::1]80"}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
  EXPECT_FALSE(ListenAddress::parse("unix:/" + std::string(200, 'x')));
}

TEST(Url, QueryParametersAreDecoded) {
  EXPECT_EQ(query_parameter("/tap?component=sink%2Floki&n=1+2&empty=&flag", "component"),
            "sink/loki");
  EXPECT_EQ(query_parameter("/tap?component=sink%2Floki&n=1+2", "n"), "1 2");
  EXPECT_EQ(query_parameter("/tap?a=%4", "a"), "%4");
  EXPECT_EQ(query_parameter("/tap?flag", "flag"), "");
  EXPECT_EQ(query_parameter("/tap", "n"), "");
}

TEST(Auth, BuildsTheStandardsExamples) {
  EXPECT_EQ(basic_auth("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(bearer_auth("abc"), "Bearer abc");
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_TRUE(equal_secrets("abc", "abc"));
  EXPECT_FALSE(equal_secrets("abc", "abd"));
  EXPECT_FALSE(equal_secrets("abc", "ab"));
}

TEST(HttpHeaders, NamesHaveNoCase) {
  HttpHeaders headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(headers.find("content-type"), "a");
  EXPECT_EQ(headers.find("X"), "1");
  EXPECT_FALSE(headers.find("Y"));
  headers.set("x", "3");
  EXPECT_EQ(headers.find("X"), "3");
  EXPECT_EQ(headers.fields().size(), 2U);
}

TEST(HttpHeaders, RetryAfterIsSecondsOrADate) {
  using std::chrono::milliseconds;
  const auto of = [](std::string value) {
    return retry_after(HttpHeaders{{"retry-after", value}});
  };
  EXPECT_EQ(of("120"), milliseconds(120'000));
  EXPECT_EQ(of("0"), milliseconds(0));
  EXPECT_EQ(of("99999999"), milliseconds(86'400'000));
  EXPECT_EQ(of("Wed, 21 Oct 2015 07:28:00 GMT"), milliseconds(0));
  EXPECT_EQ(of("Fri, 31 Dec 2100 23:59:59 GMT"), milliseconds(86'400'000));
  for (const char* bad : {"", "-1", "1.5", "12x", "soon", "Wed, 21 Oct"})
    EXPECT_FALSE(of(bad)) << bad;
  EXPECT_FALSE(retry_after(HttpHeaders{}));
}

}  // namespace
}  // namespace pipeline
