// Checkpoints: what is written is read, and what is not ours is refused with nothing changed.
#include <flowkit/backends/eigen.hpp>
#include <flowkit/io/safetensors.hpp>
#include <flowkit/train/checkpoint.hpp>

#include <gmock/gmock.h>

#include "support/files.hpp"

namespace flowkit {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;

/// A layout of two parameters and a flat tensor of it.
template <class B>
struct network {
  explicit network(index_t columns = 3, double first = 1) {
    layout.add("a.weight", extents{index_t{2}, columns}, initializer::zeros());
    layout.add("a.bias", extents{columns}, initializer::zeros());
    values = tensor<B, 1>(be, {layout.size()});
    be.iota(values.view());
    be.for_each(fn::affine<typename B::value_type>{1, static_cast<typename B::value_type>(first)},
                values.view(), const_view_of<B, 1>(values.view()));
  }

  std::vector<named_values<B>> state(const std::string& role = "values") {
    return {{role, values.view()}};
  }
  std::vector<double> parameters() {
    std::vector<double> out;
    for (const auto& e : layout.entries()) {
      for (index_t i = 0; i < e.size(); ++i) {
        out.push_back(static_cast<double>(values.view()(e.offset + i)));
      }
    }
    return out;
  }
  void save(const std::string& path, const checkpoint_record& record = {}) {
    save_checkpoint(be, path, layout, state(), record);
  }
  checkpoint_record load(const std::string& path) {
    return load_checkpoint(be, path, layout, state());
  }

  B be;
  parameter_layout layout;
  tensor<B, 1> values;
};

class checkpoint : public ::testing::Test {
 protected:
  /// The reason for which a network of that width refuses the file; its values stay as they were.
  std::string refusal(index_t columns = 3) {
    network<eigen<float>> reader(columns, 50);
    const auto before = reader.parameters();
    const std::string message = message_of<file_error>([&] { reader.load(path_); });
    EXPECT_EQ(reader.parameters(), before);
    return message;
  }

  void write(const std::string& format, const std::string& steps) {
    write_safetensors(path_, {},
                      {{"format", format},
                       {"steps", steps},
                       {"seed", "1"},
                       {"stream", "2"},
                       {"configuration", ""}});
  }

  testing::temporary_directory directory_;
  std::string path_ = directory_ / "run.safetensors";
};

TEST_F(checkpoint, values_and_record_read_back) {
  network<eigen<float>> writer(3, 1);
  network<eigen<float>> reader(3, 50);
  const checkpoint_record record{12, {~std::uint64_t{0}, 34}, "[run]\nname = \"é\"\n"};

  writer.save(path_, record);

  EXPECT_EQ(reader.load(path_), record);
  EXPECT_EQ(reader.parameters(), writer.parameters());
  EXPECT_EQ(directory_.count(), 1);
}

TEST_F(checkpoint, precision_is_converted) {
  network<eigen<double>> writer(3, 0.1);
  network<eigen<float>> reader;

  writer.save(path_);
  reader.load(path_);

  EXPECT_EQ(reader.parameters()[0], static_cast<double>(static_cast<float>(0.1)));
}

TEST_F(checkpoint, one_role_can_be_read_under_another_network) {
  network<eigen<float>> values(3, 1);
  network<eigen<float>> average(3, 7);
  network<eigen<float>> deployed(3, 50);
  save_checkpoint(values.be, path_, values.layout,
                  {{"values", values.values.view()}, {"average", average.values.view()}}, {});

  load_checkpoint(deployed.be, path_, deployed.layout, deployed.state("average"));

  EXPECT_EQ(deployed.parameters(), average.parameters());
}

TEST_F(checkpoint, another_shape_is_refused_by_name_with_both_shapes) {
  network<eigen<float>>().save(path_);

  EXPECT_THAT(refusal(4), AllOf(HasSubstr(path_), HasSubstr("values/a.weight"), HasSubstr("[2, 3]"),
                                HasSubstr("[2, 4]")));
}

TEST_F(checkpoint, more_or_fewer_tensors_are_refused_by_name) {
  network<eigen<float>> writer;
  writer.layout.add("b", extents{index_t{5}}, initializer::zeros());
  writer.values = tensor<eigen<float>, 1>(writer.be, {writer.layout.size()});
  writer.be.fill(writer.values.view(), 0.0F);
  writer.save(path_);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("values/b"), HasSubstr("[5]")));

  network<eigen<float>> other;
  save_checkpoint(other.be, path_, other.layout, other.state("average"), {});
  EXPECT_THAT(refusal(), HasSubstr("values/a.weight"));
}

TEST_F(checkpoint, other_files_are_refused) {
  EXPECT_THAT(refusal(), HasSubstr(path_));  // missing

  network<eigen<float>>().save(path_);
  const std::string whole = testing::read_text(path_);
  testing::write_raw(path_, std::string_view(whole).substr(0, whole.size() - 1));
  EXPECT_THAT(refusal(), HasSubstr(path_));

  std::string changed = whole;
  changed.back() ^= 1;
  testing::write_raw(path_, changed);
  EXPECT_THAT(refusal(), HasSubstr("checksum"));

  write_safetensors(path_, {}, {{"format", "pt"}});
  EXPECT_THAT(refusal(), HasSubstr("'pt'"));
}

TEST_F(checkpoint, a_damaged_record_is_refused) {
  for (const std::string steps : {"", "-1", "1x", "99999999999999999999"}) {
    write("flowkit-checkpoint-1", steps);
    EXPECT_THAT(refusal(), HasSubstr("steps")) << steps;
  }
}

TEST_F(checkpoint, a_failed_write_keeps_the_old_file) {
  network<eigen<float>> writer;
  writer.save(path_);

  EXPECT_THROW(writer.save(directory_ / "missing/run.safetensors"), file_error);
  EXPECT_EQ(writer.load(path_), checkpoint_record{});
}

}  // namespace
}  // namespace flowkit
