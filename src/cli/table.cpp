#include <array>

#include "cli/commands.h"

namespace muster::cli {

std::span<const Command> command_table() {
  static const std::array table = {
      // clang-format off
      demo_command(),
      install_command(), activate_command(), status_command(), expiry_command(), check_command(),
      rearm_command(), generalize_command(), personalize_command(), set_host_command(),
      clear_host_command(), doctor_command(), uninstall_command(), client_run_command(),
      host_init_command(), host_install_key_command(), host_run_command(), host_status_command(),
      host_doctor_command(),
      host_confirm_clock_command(), host_ledger_id_command(), host_add_mak_command(),
      host_backup_command(), host_restore_command(), host_migrate_command(),
      token_create_command(), token_list_command(), token_revoke_command(),
      alerts_list_command(), alerts_test_command(),
      mak_list_command(), mak_show_command(), mak_release_command(), mak_export_command(),
      mak_reconcile_command(), mak_block_command(), mak_unblock_command(),
      mak_request_command(), mak_answer_command(), mak_apply_command(), mak_collect_command(),
      vendor_init_command(), vendor_add_product_command(), vendor_sign_host_command(),
      vendor_issue_mak_command(),
      events_export_command(), events_verify_command(), events_forget_command(),
      report_verify_command(),
      logs_report_command(), logs_convert_command(), logs_shape_command(), logs_watch_command(),
      lab_list_command(), lab_plan_command(), lab_run_command(), lab_import_command(),
      verify_command(), replay_command(), bench_command(),
      completion_command(), man_command(),
      // clang-format on
  };
  return table;
}

std::string_view introduction() {
  return "muster: volume activation for fleets that come and go\n\n"
         "A vendor signs a host key; a customer's host activates machines once it has seen enough "
         "of\n"
         "them; machines renew by themselves. 'muster demo' shows all of it in two minutes.\n";
}

}  // namespace muster::cli
