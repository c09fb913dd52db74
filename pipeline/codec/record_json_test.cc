#include "pipeline/codec/record_json.h"

#include <gtest/gtest.h>

namespace pipeline {
namespace {

TEST(RecordJson, holds_what_the_record_has) {
  LogBatch batch;
  FieldPlan plan;
  const FieldSlot level = plan.read("level");
  const FieldSlot error = plan.read("$error");
  batch.bind(plan);
  const auto labels = batch.label_index(LabelSet::make({{"app", "a\"b"}}));
  batch.append("say \"hi\"\n\xFF", 0, 0, labels);
  batch.append("bare", 0, 0, batch.label_index(LabelSet::empty()));
  batch.field_for_write(level)[0] = Value::string("info");
  batch.field_for_write(error)[0] = Value::string("hidden");
  batch.unplanned_for_write("n").resize(2);
  batch.unplanned_for_write("n")[0] = Value::number("1.50");
  batch.metadata_for_write("pod").resize(2);
  batch.metadata_for_write("pod")[0] = "p1";
  batch.tenant = {"t", ""};

  std::string out;
  append_record_json(out, batch, 0, &plan);
  EXPECT_EQ(
      out,
      R"({"time":"1970-01-01T00:00:00.000000000Z","labels":{"app":"a\"b"},"metadata":{"pod":"p1"},)"
      R"("tenant":"t","fields":{"level":"info","n":1.50},"line":"say \"hi\"\n)"
      "\xEF\xBF\xBD\"}");
  out.clear();
  append_record_json(out, batch, 1);
  EXPECT_EQ(out, R"({"time":"1970-01-01T00:00:00.000000000Z","labels":{},"line":"bare"})");
}

}  // namespace
}  // namespace pipeline
