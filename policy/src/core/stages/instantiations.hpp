// Everything that a backend compiles of the stages. Included once per backend, by a source that has
// declared `flowkit::policy::stage_backend`.
#include "core/stages/couple_body.hpp"
#include "core/stages/distill_body.hpp"
#include "core/stages/learn_body.hpp"
#include "core/stages/measure_body.hpp"
#include "core/stages/train_base_body.hpp"

namespace flowkit::policy {

template train_base_result train_base(stage_backend&, const demonstrations&,
                                      const train_base_options&, const std::string&,
                                      const stage_hooks&);
template couple_result couple(stage_backend&, const std::string&, const demonstrations&,
                              const data_selection&, const couple_options&, const std::string&,
                              const stage_hooks&);
template align_result align(stage_backend&, const std::string&, const std::string&,
                            const alignment_rule&, const std::string&, const stage_hooks&);
template std::vector<alignment_summary> sweep_alignment(stage_backend&, const std::string&,
                                                        const std::string&,
                                                        std::span<const alignment_rule>,
                                                        const stage_hooks&);
template distill_result distill(stage_backend&, const distill_inputs&, const distill_options&,
                                const std::string&, const stage_hooks&);
template learn_result learn(stage_backend&, const demonstrations&, const learn_options&,
                            const std::string&, const stage_hooks&, const learning_part&);

template chunk_distance expert_distance(stage_backend&, const visuomotor_policy<stage_backend>&,
                                        const demonstrations&, const measure_options&,
                                        const std::optional<inference_options>&);
template flow_straightness straightness(stage_backend&, const visuomotor_policy<stage_backend>&,
                                        const demonstrations&, const measure_options&, index_t);
template std::vector<solver_error> solver_errors(stage_backend&,
                                                 const visuomotor_policy<stage_backend>&,
                                                 const demonstrations&, const measure_options&,
                                                 std::span<const inference_options>);

}  // namespace flowkit::policy
