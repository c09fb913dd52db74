#include "tests/support/loki_standin/control_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <charconv>
#include <optional>

namespace loki_standin {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

HttpResponse json(std::string body) {
  return {.content_type = "application/json", .headers = {}, .body = std::move(body)};
}

HttpResponse bad(std::string_view what) {
  return {.status = 400,
          .content_type = "application/json",
          .headers = {},
          .body = fmt::format("{{\"error\":{}}}\n", json_string(what))};
}

std::optional<Struct> parse(const std::string& body) {
  Struct document;
  if (!google::protobuf::util::JsonStringToMessage(body, &document).ok()) return std::nullopt;
  return document;
}

bool number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// "f0:100" or "f0:20-100"; the file's name may hold colons.
std::optional<RecordLedger::Expectation> expectation(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  RecordLedger::Expectation out{std::string(text.substr(0, colon)), 0, 0};
  std::string_view range = text.substr(colon + 1);
  if (const std::size_t dash = range.find('-'); dash != std::string_view::npos) {
    if (!number(range.substr(0, dash), out.begin)) return std::nullopt;
    range.remove_prefix(dash + 1);
  }
  if (!number(range, out.end)) return std::nullopt;
  return out;
}

std::string tenant_json(const Tenant& tenant) {
  const RecordLedger::Counts& counts = tenant.ledger.counts();
  std::string refused;
  std::uint64_t refused_sum = 0;
  for (const auto& [reason, count] : tenant.refused) {
    refused += fmt::format("{}{}:{}", refused.empty() ? "" : ",", json_string(reason), count);
    refused_sum += count;
  }
  return fmt::format(
      "{{\"entries\":{},\"line_bytes\":{},\"streams\":{},\"records\":{},\"identical\":{},"
      "\"different\":{},\"corrupt\":{},\"truncated\":{},\"unidentified\":{},\"equal_dropped\":{},"
      "\"out_of_order\":{},\"invalid_utf8_lines\":{},\"nul_lines\":{},\"refused\":{},"
      "\"refused_by_reason\":{{{}}}}}",
      tenant.entries, tenant.line_bytes, tenant.streams.size(), counts.first, counts.identical,
      counts.different, counts.corrupt, counts.truncated, counts.unidentified, tenant.equal,
      counts.out_of_order, tenant.invalid_utf8_lines, tenant.nul_lines, refused_sum, refused);
}

}  // namespace

HttpResponse ControlServer::answer(const HttpRequest& request) {
  const bool post = request.method == "POST";
  const std::string& path = request.path;
  if (path == "/stats") return json(stats());
  if (path == "/streams") return json(streams());
  if (path == "/producers") return json(producers());
  if (path == "/requests") return json(requests());
  if (path == "/verdict") return post ? verdict_of_body(request) : verdict_of_query(request);
  if (!post) return {.status = 404, .headers = {}, .body = "no such page\n"};
  if (path == "/script") {
    const auto appended = script_.append(request.body);
    return appended ? json("{}") : bad(appended.error());
  }
  if (path == "/policy") return change_policy(request);
  if (path == "/script/clear") {
    script_.clear();
  } else if (path == "/down" || path == "/up") {
    push_.set_up(path == "/up");
  } else if (path == "/reset") {
    script_.clear();
    store_.reset();
    push_.reset();
  } else {
    return {.status = 404, .headers = {}, .body = "no such command\n"};
  }
  return json("{}");
}

std::string ControlServer::stats() {
  const PushServer::Stats push = push_.stats();
  std::string by_status;
  for (const auto& [status, count] : push.by_status) {
    by_status += fmt::format("{}\"{}\":{}", by_status.empty() ? "" : ",", status, count);
  }
  std::string tenants;
  store_.with_tenants([&](const std::map<std::string, Tenant>& all) {
    for (const auto& [name, tenant] : all) {
      tenants += fmt::format("{}{}:{}", tenants.empty() ? "" : ",", json_string(name),
                             tenant_json(tenant));
    }
  });
  return fmt::format(
      "{{\"requests\":{},\"bytes\":{},\"connections\":{},\"tls_refused\":{},\"by_status\":{{{}}},"
      "\"script_left\":{},\"tenants\":{{{}}}}}\n",
      push.requests, push.bytes, push.connections, push.tls_refused, by_status,
      script_.steps_left(), tenants);
}

std::string ControlServer::streams() {
  std::vector<std::string> out;
  store_.with_tenants([&](const std::map<std::string, Tenant>& all) {
    for (const auto& [name, tenant] : all) {
      for (const auto& [labels, stream] : tenant.streams) {
        out.push_back(fmt::format(
            "{{\"tenant\":{},\"labels\":{},\"entries\":{},\"equal\":{},\"newest_ns\":{}}}",
            json_string(name), json_string(labels), stream.entries, stream.equal,
            stream.newest_ns));
      }
    }
  });
  return fmt::format("[{}]\n", fmt::join(out, ","));
}

std::string ControlServer::producers() {
  std::vector<std::string> out;
  store_.with_tenants([&](const std::map<std::string, Tenant>& all) {
    for (const auto& [name, tenant] : all) {
      for (const auto& [file, counts] : tenant.ledger.producers()) {
        out.push_back(fmt::format("{{\"tenant\":{},\"file\":{},\"records\":{},\"end\":{}}}",
                                  json_string(name), json_string(file), counts.first,
                                  counts.second));
      }
    }
  });
  return fmt::format("[{}]\n", fmt::join(out, ","));
}

std::string ControlServer::requests() {
  std::vector<std::string> out;
  for (const Seen& seen : push_.seen()) {
    out.push_back(fmt::format(
        "{{\"at_ms\":{},\"status\":{},\"bytes\":{},\"stored\":{},\"refused\":{},\"connection\":{},"
        "\"digest\":\"{:016x}\",\"tenant\":{},\"user_agent\":{}}}",
        seen.at.count(), seen.status, seen.bytes, seen.stored, seen.refused, seen.connection,
        seen.digest, json_string(seen.tenant), json_string(seen.user_agent)));
  }
  return fmt::format("[{}]\n", fmt::join(out, ","));
}

HttpResponse ControlServer::verdict_of_query(const HttpRequest& request) {
  std::vector<RecordLedger::Expectation> expectations;
  std::string_view rest = request.parameter("expect");
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const auto parsed = expectation(one);
    if (!parsed) return bad("expect is FILE:COUNT or FILE:BEGIN-END, separated by commas");
    expectations.push_back(*parsed);
  }
  std::uint64_t except_every = 0;
  if (const auto text = request.parameter("except_every");
      !text.empty() && !number(text, except_every)) {
    return bad("except_every is a number");
  }
  return json(verdict(std::string(request.parameter("tenant")), expectations, except_every));
}

HttpResponse ControlServer::verdict_of_body(const HttpRequest& request) {
  const auto document = parse(request.body);
  if (!document) return bad("the body is not JSON");
  std::vector<RecordLedger::Expectation> expectations;
  std::uint64_t except_every = 0;
  std::string tenant;
  for (const auto& [name, value] : document->fields()) {
    if (name == "except_every") {
      except_every = static_cast<std::uint64_t>(value.number_value());
    } else if (name == "tenant") {
      tenant = value.string_value();
    } else if (name == "expect") {
      for (const auto& [file, range] : value.struct_value().fields()) {
        RecordLedger::Expectation one{file, 0, 0};
        if (range.has_list_value() && range.list_value().values_size() == 2) {
          one.begin = static_cast<std::uint64_t>(range.list_value().values(0).number_value());
          one.end = static_cast<std::uint64_t>(range.list_value().values(1).number_value());
        } else {
          one.end = static_cast<std::uint64_t>(range.number_value());
        }
        expectations.push_back(std::move(one));
      }
    } else {
      return bad(fmt::format("unknown member '{}'", name));
    }
  }
  return json(verdict(tenant, expectations, except_every));
}

std::string ControlServer::verdict(const std::string& tenant,
                                   const std::vector<RecordLedger::Expectation>& expectations,
                                   std::uint64_t except_every) {
  return store_.with_tenants([&](const std::map<std::string, Tenant>& all) {
    static const Tenant kNobody;
    const auto at = tenant.empty() ? all.begin() : all.find(tenant);
    const Tenant& of = at == all.end() ? kNobody : at->second;
    const RecordLedger::Verdict verdict = of.ledger.verdict(expectations, except_every);
    std::vector<std::string> ranges;
    for (const std::string& range : verdict.missing_ranges) ranges.push_back(json_string(range));
    return fmt::format(
        "{{\"expected\":{},\"missing\":{},\"invented\":{},\"excepted\":{},\"excepted_seen\":{},"
        "\"missing_ranges\":[{}],\"tenant\":{}}}\n",
        verdict.expected, verdict.missing, verdict.invented, verdict.excepted,
        verdict.excepted_seen, fmt::join(ranges, ","), tenant_json(of));
  });
}

HttpResponse ControlServer::change_policy(const HttpRequest& request) {
  const auto document = parse(request.body);
  if (!document) return bad("the body is not JSON");
  Policy policy = store_.policy();
  for (const auto& [name, value] : document->fields()) {
    if (name == "poison") {
      policy.poison = value.string_value();
    } else if (name == "partial") {
      policy.partial = value.bool_value();
    } else if (name == "require_tenant") {
      policy.require_tenant = value.string_value();
    } else if (name == "tenant_status") {
      policy.tenant_status = static_cast<int>(value.number_value());
    } else if (name == "authorization") {
      policy.authorization = value.string_value();
    } else {
      return bad(fmt::format("unknown member '{}'", name));
    }
  }
  store_.set_policy(policy);
  return json("{}");
}

}  // namespace loki_standin
