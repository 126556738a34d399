// The rows of the table of commands, each made in the file of its command.
#pragma once

#include "cli/command.h"

namespace muster::cli {

[[nodiscard]] Command activate_command();
[[nodiscard]] Command alerts_list_command();
[[nodiscard]] Command alerts_test_command();
[[nodiscard]] Command bench_command();
[[nodiscard]] Command check_command();
[[nodiscard]] Command clear_host_command();
[[nodiscard]] Command client_run_command();
[[nodiscard]] Command completion_command();
[[nodiscard]] Command demo_command();
[[nodiscard]] Command doctor_command();
[[nodiscard]] Command events_export_command();
[[nodiscard]] Command events_forget_command();
[[nodiscard]] Command events_verify_command();
[[nodiscard]] Command expiry_command();
[[nodiscard]] Command generalize_command();
[[nodiscard]] Command host_add_mak_command();
[[nodiscard]] Command host_backup_command();
[[nodiscard]] Command host_confirm_clock_command();
[[nodiscard]] Command host_doctor_command();
[[nodiscard]] Command host_init_command();
[[nodiscard]] Command host_install_key_command();
[[nodiscard]] Command host_ledger_id_command();
[[nodiscard]] Command host_migrate_command();
[[nodiscard]] Command host_restore_command();
[[nodiscard]] Command host_run_command();
[[nodiscard]] Command host_status_command();
[[nodiscard]] Command install_command();
[[nodiscard]] Command lab_import_command();
[[nodiscard]] Command lab_list_command();
[[nodiscard]] Command lab_plan_command();
[[nodiscard]] Command lab_run_command();
[[nodiscard]] Command logs_convert_command();
[[nodiscard]] Command logs_report_command();
[[nodiscard]] Command logs_shape_command();
[[nodiscard]] Command logs_watch_command();
[[nodiscard]] Command mak_answer_command();
[[nodiscard]] Command mak_apply_command();
[[nodiscard]] Command mak_block_command();
[[nodiscard]] Command mak_collect_command();
[[nodiscard]] Command mak_export_command();
[[nodiscard]] Command mak_list_command();
[[nodiscard]] Command mak_reconcile_command();
[[nodiscard]] Command mak_release_command();
[[nodiscard]] Command mak_request_command();
[[nodiscard]] Command mak_show_command();
[[nodiscard]] Command mak_unblock_command();
[[nodiscard]] Command man_command();
[[nodiscard]] Command personalize_command();
[[nodiscard]] Command rearm_command();
[[nodiscard]] Command replay_command();
[[nodiscard]] Command report_verify_command();
[[nodiscard]] Command set_host_command();
[[nodiscard]] Command status_command();
[[nodiscard]] Command token_create_command();
[[nodiscard]] Command token_list_command();
[[nodiscard]] Command token_revoke_command();
[[nodiscard]] Command uninstall_command();
[[nodiscard]] Command vendor_add_product_command();
[[nodiscard]] Command vendor_init_command();
[[nodiscard]] Command vendor_issue_mak_command();
[[nodiscard]] Command vendor_sign_host_command();
[[nodiscard]] Command verify_command();

}  // namespace muster::cli
