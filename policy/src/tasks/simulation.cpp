#include <flowkit/core/error.hpp>
#include <tasks/assets.hpp>
#include <tasks/simulation.hpp>

#include <array>
#include <cstring>
#include <mutex>

namespace flowkit::policy::detail {
namespace {

/// How far the mocap body may be ahead of the hand, in metres: bounds the force of a blocked hand.
constexpr double leash = 0.04;

struct free_files {
  void operator()(mjVFS* files) const noexcept {
    mj_deleteVFS(files);
    delete files;
  }
};
using file_system = std::unique_ptr<mjVFS, free_files>;

void add_file(mjVFS& files, const char* name, std::string_view text) {
  constexpr std::size_t most = std::size_t{1} << 24;
  FLOWKIT_VALIDATE(!text.empty() && text.size() <= most, "the scene document has ", text.size(),
                   " bytes instead of 1 to ", most);
  mj_makeEmptyFileVFS(&files, name, static_cast<int>(text.size()));
  std::memcpy(files.filedata[mj_findFileVFS(&files, name)], text.data(), text.size());
}

/// MuJoCo's own handlers end the process, and write a log file into the working directory. Handlers
/// of the application stay.
void set_handlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (mju_user_error == nullptr) {
      mju_user_error = [](const char* message) { throw backend_error("MuJoCo", message); };
    }
    if (mju_user_warning == nullptr) mju_user_warning = [](const char*) {};
  });
}

/// 64-bit FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return h;
}

std::size_t id_of(const mjModel& model, mjtObj kind, const char* name) {
  const int id = mj_name2id(&model, kind, name);
  FLOWKIT_VALIDATE(id >= 0, "the scene has no '", name, "': a task includes \"arm.xml\"");
  return static_cast<std::size_t>(id);
}

mjtNum* position_of_joint(const simulation& s, const char* name) {
  return s.data->qpos + s.model->jnt_qposadr[id_of(*s.model, mjOBJ_JOINT, name)];
}

/// The numbers of a <numeric> of exactly this many.
std::span<const mjtNum> numbers(const mjModel& model, std::size_t id, std::size_t count) {
  FLOWKIT_VALIDATE(static_cast<std::size_t>(model.numeric_size[id]) == count, "numeric '",
                   model.names + model.name_numericadr[id], "' has ", model.numeric_size[id],
                   " numbers instead of ", count);
  return {model.numeric_data + model.numeric_adr[id], count};
}

/// A point of the box [x from, x to, y from, y to, z from, z to].
std::array<mjtNum, 3> draw_point(std::span<const mjtNum> box, rng_key key) {
  const philox_block words = key.block(0);
  std::array<mjtNum, 3> p{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double u = unit_interval(words.word[axis], double{});
    p[axis] = box[2 * axis] + u * (box[2 * axis + 1] - box[2 * axis]);
  }
  return p;
}

void place_hand(simulation& s, const std::array<mjtNum, 3>& p) {
  *position_of_joint(s, "hand_x") = p[0];
  *position_of_joint(s, "hand_y") = p[1];
  *position_of_joint(s, "hand_z") = p[2];
  std::ranges::copy(p, s.data->mocap_pos);
  for (const char* finger : {"finger_left", "finger_right"}) {
    *position_of_joint(s, finger) = finger_travel / 2;
    s.data->ctrl[id_of(*s.model, mjOBJ_ACTUATOR, finger)] = finger_travel / 2;
  }
}

/// A body on a free joint is put there; any other is moved with all that hangs on it.
void place_body(simulation& s, const char* name, const std::array<mjtNum, 3>& p) {
  const std::size_t body = id_of(*s.model, mjOBJ_BODY, name);
  const int joint = s.model->body_jntadr[body];
  if (joint >= 0 && s.model->jnt_type[joint] == mjJNT_FREE) {
    std::ranges::copy(p, s.data->qpos + s.model->jnt_qposadr[joint]);
  } else {
    std::ranges::copy(p, s.model->body_pos + 3 * body);
  }
}

/// Positions that follow from the joints, which mj_step leaves one substep behind.
void refresh(simulation& s) {
  mj_kinematics(s.model.get(), s.data.get());
  mj_comPos(s.model.get(), s.data.get());
  mj_camlight(s.model.get(), s.data.get());
  mj_sensorPos(s.model.get(), s.data.get());
}

void move_target(simulation& s, const task_action& action) {
  const auto limits = numbers(*s.model, id_of(*s.model, mjOBJ_NUMERIC, "workspace"), 6);
  const mjtNum* hand = s.data->xpos + 3 * id_of(*s.model, mjOBJ_BODY, "hand");
  for (std::size_t axis = 0; axis < 3; ++axis) {
    mjtNum& target = s.data->mocap_pos[axis];
    target += task_action_reach * static_cast<double>(action[axis]);
    target = std::clamp(target, hand[axis] - leash, hand[axis] + leash);
    target = std::clamp(target, limits[2 * axis], limits[2 * axis + 1]);
  }
}

}  // namespace

simulation compile(std::string_view mjcf) {
  static std::mutex mutex;  // the compiler of MuJoCo keeps the last document in a global
  set_handlers();
  file_system files(new mjVFS);
  mj_defaultVFS(files.get());
  add_file(*files, "scene.xml", mjcf);
  add_file(*files, "arm.xml", asset_text("arm"));

  simulation s;
  std::array<char, 512> problem{};
  {
    const std::lock_guard lock(mutex);
    s.model.reset(
        mj_loadXML("scene.xml", files.get(), problem.data(), static_cast<int>(problem.size())));
  }
  FLOWKIT_VALIDATE(s.model != nullptr, "the scene document does not compile: ", problem.data());
  s.data.reset(mj_makeData(s.model.get()));
  FLOWKIT_VALIDATE(s.data != nullptr, "there is no memory for the scene");
  for (int i = 0; i < s.model->ncam; ++i) {
    s.cameras.emplace_back(s.model->names + s.model->name_camadr[i]);
  }
  s.document = hash(mjcf);
  mj_forward(s.model.get(), s.data.get());
  return s;
}

std::vector<std::string> state_names(const simulation& s) {
  std::vector<std::string> names{"hand.x", "hand.y", "hand.z", "hand.opening"};
  for (int i = 0; i < s.model->nsensor; ++i) {
    const std::string name = s.model->names + s.model->name_sensoradr[i];
    if (s.model->sensor_dim[i] == 1) {
      names.push_back(name);
    } else {
      for (const char* axis : {".x", ".y", ".z"}) names.push_back(name + axis);
    }
  }
  return names;
}

void read_state(const simulation& s, std::span<float> state) {
  const mjtNum* hand = s.data->xpos + 3 * id_of(*s.model, mjOBJ_BODY, "hand");
  for (std::size_t axis = 0; axis < 3; ++axis) state[axis] = static_cast<float>(hand[axis]);
  const mjtNum opening =
      *position_of_joint(s, "finger_left") + *position_of_joint(s, "finger_right");
  state[3] = static_cast<float>(opening / finger_travel);
  for (std::size_t i = task_state::first_sensor; i < state.size(); ++i) {
    state[i] = static_cast<float>(s.data->sensordata[i - task_state::first_sensor]);
  }
}

void draw_start(simulation& s, rng_key key) {
  constexpr std::string_view prefix = "start/";
  mj_resetData(s.model.get(), s.data.get());
  for (int i = 0; i < s.model->nnumeric; ++i) {
    const std::string_view name = s.model->names + s.model->name_numericadr[i];
    if (!name.starts_with(prefix)) continue;
    const auto box = numbers(*s.model, static_cast<std::size_t>(i), 6);
    const auto p = draw_point(box, key.split(static_cast<std::uint64_t>(i)));
    const std::string body(name.substr(prefix.size()));
    if (body == "hand") {
      place_hand(s, p);
    } else {
      place_body(s, body.c_str(), p);
    }
  }
  mj_forward(s.model.get(), s.data.get());
}

bool advance(simulation& s, const task_action& action) {
  move_target(s, action);
  const double half_opening = finger_travel / 4 * (static_cast<double>(action[3]) + 1);
  for (const char* finger : {"finger_left", "finger_right"}) {
    s.data->ctrl[id_of(*s.model, mjOBJ_ACTUATOR, finger)] = half_opening;
  }
  const auto substeps = std::lround(1 / (task_control_rate * s.model->opt.timestep));
  for (long i = 0; i < substeps; ++i) mj_step(s.model.get(), s.data.get());
  refresh(s);
  return std::ranges::none_of(std::array{mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC},
                              [&](mjtWarning sign) { return s.data->warning[sign].number > 0; });
}

}  // namespace flowkit::policy::detail
