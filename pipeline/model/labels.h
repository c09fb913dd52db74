#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pipeline {

struct Label {
  std::string name;
  std::string value;
  bool operator==(const Label&) const = default;
};

// An immutable set of labels, sorted by name, each name once. Shared between threads by reference;
// everything that is costly to derive from it is derived once.
class LabelSet : public boost::intrusive_ref_counter<LabelSet, boost::thread_safe_counter> {
 public:
  // Sorts; of equal names the last wins; labels with an empty value are left out, as Prometheus
  // and Loki treat them as absent.
  static boost::intrusive_ptr<const LabelSet> make(std::vector<Label> labels);
  static const boost::intrusive_ptr<const LabelSet>& empty();

  const std::vector<Label>& labels() const noexcept { return labels_; }
  // Nullptr when absent.
  const std::string* find(std::string_view name) const noexcept;
  // By content: equal sets have equal hashes in every thread, process and run.
  std::uint64_t hash() const noexcept { return hash_; }
  // Loki's and PromQL's form: {a="b", c="d"}, values quoted as Go does.
  const std::string& selector() const noexcept { return selector_; }
  bool operator==(const LabelSet& other) const noexcept { return labels_ == other.labels_; }

 private:
  explicit LabelSet(std::vector<Label> labels);
  std::vector<Label> labels_;
  std::string selector_;
  std::uint64_t hash_;
};

using LabelSetRef = boost::intrusive_ptr<const LabelSet>;

// A label's name as Prometheus and Loki accept it: [a-zA-Z_][a-zA-Z0-9_]*. Other characters become
// '_'; a leading digit gets a '_' before it; "" stays "".
std::string legal_label_name(std::string_view name);
bool is_legal_label_name(std::string_view name) noexcept;

}  // namespace pipeline
