// A template's content as the tests of this room propose it.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_SAMPLE_CONTENT_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_SAMPLE_CONTENT_H_

#include "absl/time/time.h"
#include "services/request/template/template_content.h"

namespace docket::request {

// When WholeService's clock begins.
inline absl::Time SampleNow() { return absl::FromUnixSeconds(1790000000); }

// For 门禁管理软件 4.*, of medium risk, for a year.
inline TemplateContent SampleContent() {
  TemplateContent content;
  content.title = "门禁特征库月度更新";
  content.description = "供应商每月发布的特征库，无需停机。";
  content.targets = {{.system_id = "access-control", .component = "*", .version_pattern = "4.*"}};
  content.procedure = {"备份特征库", "导入新特征库并重启服务"};
  content.risks = {{.risk = "导入失败", .response = "恢复备份"}};
  content.rollback_procedure = "停止服务，恢复备份的特征库。";
  content.test_requirements = {"抽测 20 张门卡"};
  content.max_risk_level = Level::kMedium;
  content.budget = TemplateBudget{.currency_code = "CNY", .minor_units = 100000};
  content.expire_time = SampleNow() + absl::Hours(24 * 365);
  return content;
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_TESTING_SAMPLE_CONTENT_H_
