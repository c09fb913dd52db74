#include "pipeline/config/foreign_words.h"

#include <array>

namespace pipeline {
namespace {

struct Word {
  std::string_view typed;
  std::string_view hint;
};

// clang-format off
constexpr auto kTopLevel = std::to_array<Word>({
    // Promtail
    {"positions", "positions are kept under agent.data_dir; nothing to configure"},
    {"clients", "Promtail's clients are `sinks` of type loki"},
    {"client", "Promtail's client is a sink of type loki"},
    {"scrape_configs", "write `sources` of type file and a pipeline; docs/promtail.md shows how a Promtail file becomes one of ours"},
    {"server", "the agent listens on agent.listen"},
    {"target_config", "files are found by inotify; nothing to configure"},
    {"limits_config", "write `- limit: 1000/s` in a pipeline's transforms"},
    // Vector
    {"transforms", "transforms stand inside a pipeline: pipelines.NAME.transforms"},
    {"api", "the agent listens on agent.listen and agent.admin"},
    {"enrichment_tables", "Sluice has no enrichment tables"},
    // OpenTelemetry Collector
    {"receivers", "the Collector's receivers are `sources`"},
    {"processors", "the Collector's processors are transforms inside a pipeline"},
    {"exporters", "the Collector's exporters are `sinks`"},
    {"extensions", "health and metrics are on agent.listen; nothing to configure"},
    {"service", "the Collector's service.pipelines are `pipelines`; the rest is under `agent`"},
    {"connectors", "pipelines chain by name: `to: [other_pipeline]`"},
    // Prometheus, vmagent
    {"global", "write `interval` on the source and `agent.labels` for external labels"},
    {"remote_write", "write a sink of type remote_write"},
    {"remote_read", "Sluice only sends"},
    {"external_labels", "write agent.labels"},
    {"alerting", "Sluice evaluates no rules; Prometheus does, on what `agent.listen` serves at /metrics"},
    {"rule_files", "Sluice evaluates no rules; Prometheus does, on what `agent.listen` serves at /metrics"},
    // near misses of our own
    {"source", "write `sources:` and a map from names to sources"},
    {"sink", "write `sinks:` and a map from names to sinks"},
    {"pipeline", "write `pipelines:` and a map from names to pipelines"},
    {"inputs", "write `sources`"},
    {"outputs", "write `sinks`"},
    {"data_dir", "write agent.data_dir"},
    {"listen", "write agent.listen"},
    {"labels", "write agent.labels"},
    {"include", "name several files on the command line, or a directory"},
});

constexpr auto kComponent = std::to_array<Word>({
    {"endpoint", "write `url` where a sink sends, `listen` where a source listens"},
    {"endpoints", "write `url` where a sink sends, `listen` where a source listens"},
    {"uri", "write `url`"},
    {"address", "write `url` where a sink sends, `listen` where a source listens"},
    {"batchsize", "write `batch: {bytes: 1MiB}`"},
    {"batch_size", "write `batch: {bytes: 1MiB}`"},
    {"batchwait", "write `batch: {age: 1s}`"},
    {"batch_wait", "write `batch: {age: 1s}`"},
    {"external_labels", "write `labels`; on every sink: agent.labels"},
    {"static_labels", "write `labels`"},
    {"tenant_id", "write `tenant`"},
    {"org_id", "write `tenant`"},
    {"read_from", "write `start_at: beginning` or `start_at: end`"},
    {"ignore_older_secs", "write `ignore_older: 24h`"},
    {"ignore_older_than", "write `ignore_older: 24h`"},
    {"inputs", "Sluice wires in pipelines: from/to"},
    {"input", "Sluice wires in pipelines: from/to"},
    {"outputs", "Sluice wires in pipelines: from/to"},
    {"clients", "write a sink of type loki and name it in a pipeline's `to`"},
    {"positions", "positions are kept under agent.data_dir; nothing to configure"},
    {"pipeline_stages", "stages are the `transforms` of a pipeline"},
    {"stages", "stages are the `transforms` of a pipeline"},
    {"processors", "write `transforms`"},
    {"exporters", "write `to`"},
    {"receivers", "write `from`"},
    {"sources", "write `from`"},
    {"__path__", "write `include: [PATTERN]` on a file source; a record's path is $file.path"},
    {"__path_exclude__", "write `exclude: [PATTERN]` on a file source"},
    {"path_exclude", "write `exclude: [PATTERN]`"},
    {"filename", "a record's path is $file.path; `structured_metadata: {filename: \"{$file.path}\"}`"},
    {"include_file_path", "a record's path is $file.path"},
    {"include_file_name", "a record's file name is $file.name"},
    {"acknowledgements", "acknowledgements are always on"},
    {"buffer", "write `queue: {memory: 8MiB, disk: 4GiB, when_full: block}`"},
    {"sending_queue", "write `queue: {memory: 8MiB, disk: 4GiB, when_full: block}`"},
    {"queue_config", "write `queue` and `batch`"},
    {"retry_on_failure", "requests are retried until they are delivered; nothing to configure"},
    {"backoff_config", "requests are retried until they are delivered; nothing to configure"},
    {"max_retries", "requests are retried until they are delivered; nothing to configure"},
    {"bearer_token", "write `auth: {bearer: \"${file:PATH}\"}`"},
    {"bearer_token_file", "write `auth: {bearer: \"${file:PATH}\"}`"},
    {"bearer", "write `auth: {bearer: …}`"},
    {"basic_auth", "write `auth: {basic: {username: …, password: …}}`"},
    {"username", "write `auth: {basic: {username: …, password: …}}`"},
    {"password", "write `auth: {basic: {username: …, password: …}}`"},
    {"password_file", "write `password: \"${file:PATH}\"`"},
    {"tls_config", "write `tls`"},
    {"tls_settings", "write `tls`"},
    {"cacert", "write `ca_file`"},
    {"crt_file", "write `cert_file`"},
    {"verify_certificate", "write `insecure_skip_verify: true` to switch verification off"},
    {"insecure", "write `insecure_skip_verify`"},
    {"scrape_interval", "write `interval`"},
    {"poll_interval", "write `interval`"},
    {"scrape_interval_secs", "write `interval: 15s`"},
    {"scrape_timeout", "write `timeout`"},
    {"timeout_secs", "write `timeout: 10s`"},
    {"relabel_configs", "Prometheus's relabeling stands inside scrape_configs; elsewhere use labels, keep and drop"},
    {"metric_relabel_configs", "Prometheus's relabeling stands inside scrape_configs; elsewhere use labels, keep and drop"},
    {"condition", "write `when`"},
    {"if", "write `when`"},
    {"match", "write `when:` on a transform or on an edge of `to`"},
    {"selector", "write `when: 'EXPR'`"},
    {"encoding", "a sink of type loki encodes by itself; elsewhere write `format` or the transform `encode`"},
    {"remote_write", "write a sink of type remote_write"},
    {"unmatched", "write an edge `{to: NAME, else: true}`"},
    {"route", "routing is at the end of a pipeline: `to: [{to: NAME, when: 'EXPR'}]`"},
});
// clang-format on

template <std::size_t N>
std::optional<std::string_view> find(const std::array<Word, N>& words, std::string_view word) {
  for (const Word& candidate : words) {
    if (candidate.typed == word) return candidate.hint;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> foreign_word_hint(std::string_view word, KeyPlace place) {
  return place == KeyPlace::top_level ? find(kTopLevel, word) : find(kComponent, word);
}

}  // namespace pipeline
