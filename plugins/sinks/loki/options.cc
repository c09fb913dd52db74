#include "plugins/sinks/loki/options.h"

#include <fmt/format.h>

#include <cctype>
#include <string_view>

#include "pipeline/net/url.h"

namespace plugins::sinks::loki {

using pipeline::Checker;
using pipeline::Schema;
using namespace pipeline::size_literals;

namespace {

constexpr std::string_view kPushPath = "/loki/api/v1/push";

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) !=
        std::tolower(static_cast<unsigned char>(b[i])))
      return false;
  return true;
}

void check(const Config& config, Checker& checker) {
  if (!checker.is_static()) {
    const auto url = pipeline::Url::parse(config.url);
    if (!url) checker.error("url", url.error().message());
    if (!config.proxy.empty()) {
      const auto proxy = pipeline::Url::parse(config.proxy);
      if (!proxy) {
        checker.error("proxy", proxy.error().message());
      } else if (proxy->scheme != pipeline::Url::Scheme::http) {
        checker.error("proxy", "a proxy's URL starts with http://");
      }
    }
  }
  for (const auto& [name, value] : config.headers) {
    for (const std::string_view reserved :
         {"Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Host"}) {
      if (equals_ignoring_case(name, reserved))
        checker.error("headers", fmt::format("header `{}` is set by the sink itself", name));
    }
    if (equals_ignoring_case(name, "X-Scope-OrgID"))
      checker.error("headers", "the tenant has an option of its own").hint("tenant: NAME");
    if (equals_ignoring_case(name, "Authorization") && (config.auth.bearer || config.auth.basic))
      checker.error("headers", "`Authorization` and `auth` exclude each other");
  }
  if (config.max_streams.then == GuardThen::block)
    checker.error("max_streams.then", "`block` comes with a later version")
        .hint("use `demote` or `drop`");
}

}  // namespace

void describe_options(Schema<MaxStreams>& schema) {
  schema.field("count", &MaxStreams::count,
               "Streams that may get records within one window; 0 switches the guard off.");
  schema.field("per", &MaxStreams::per, "Length of the window.",
               {.min = std::chrono::seconds(1), .max = std::chrono::hours(24)});
  schema.field("then", &MaxStreams::then,
               "`demote` turns the label with the most values into structured metadata, `drop` "
               "loses the records of further streams (counted as overflow).");
}

Schema<Config> schema() {
  Schema<Config> s("loki", "Ships log records to Grafana Loki's push API.");
  s.field("url", &Config::url,
          "Address of Loki. `/loki/api/v1/push` is added where the URL has no path.",
          {.required = true, .example = "http://127.0.0.1:3100"});
  s.field(
      "tenant", &Config::tenant,
      "Tenant (X-Scope-OrgID), fixed or with names. Without it a record's own `$tenant` is used.",
      {.example = "platform"});
  s.field("labels", &Config::labels, "Stream labels that fill what a record does not have.",
          {.example = "{job: app}"});
  s.field("batch", &Config::batch, "When a request is complete.");
  s.field("queue", &Config::queue, "What waits for Loki.");
  s.field("retry", &Config::retry, "Pauses between attempts.");
  s.field("compression", &Config::compression,
          "`snappy`, or `none` for a receiver on the same host: costs bandwidth, saves most of the "
          "CPU.");
  s.field("timeout", &Config::timeout, "Time for one attempt, from connecting to the answer.",
          {.min = std::chrono::milliseconds(100), .max = std::chrono::minutes(10)});
  s.field("auth", &Config::auth, "How to authenticate.");
  s.field("tls", &Config::tls, "For https URLs.");
  s.field("headers", &Config::headers, "Further HTTP headers.", {.example = "{X-Env: prod}"});
  s.field("proxy", &Config::proxy, "HTTP proxy: http://[user:password@]host:port.",
          {.secret = true});
  s.field("max_streams", &Config::max_streams, "Guards Loki against a label with ever new values.");
  s.field("max_line", &Config::max_line,
          "Longest line that Loki takes (its max_line_size); 0 for any.", {.max = 64_MiB});
  s.field(
      "long_lines", &Config::long_lines,
      "What happens to a longer one: `truncate` keeps its beginning and marks it, `drop` loses it "
      "(counted as too_long).");
  s.field("max_labels", &Config::max_labels,
          "Labels that Loki takes on a stream (its max_label_names_per_series); 0 for any number. "
          "Records with more are lost (counted as rejected).");
  s.field("reject_older", &Config::reject_older,
          "Lose records older than this without asking Loki (counted as too_old); 0 sends all.");
  s.field("reject_newer", &Config::reject_newer,
          "Lose records further in the future than this (counted as rejected); 0 sends all.");
  s.check(check);
  return s;
}

pipeline::DeliveryOptions delivery(const Config& config) {
  return pipeline::delivery_options(config.batch, config.queue, config.retry, config.timeout);
}

void describe(const Config& config, pipeline::Usage& usage) {
  const auto mention = [&](const pipeline::Text& text, const pipeline::Location& where) {
    for (const pipeline::Mention& name : text.mentions()) usage.reads.push_back({name.name, where});
  };
  if (config.tenant) mention(config.tenant->value, config.tenant->where);
  for (const pipeline::LabelSpec::Entry& entry : config.labels.value.entries()) {
    usage.labels.push_back({entry.label, entry.text.always_set(), config.labels.where});
    mention(entry.text, config.labels.where);
  }
}

std::string push_url(const std::string& url) {
  auto parsed = pipeline::Url::parse(url);
  // The engine says what is wrong with it when it connects.
  if (!parsed || (parsed->target != "/" && !parsed->target.empty())) return url;
  parsed->target = kPushPath;
  return parsed->to_string();
}

}  // namespace plugins::sinks::loki
