/* aggregated: see aggregated.h. */
#include "manifest/aggregated.h"

#include <string.h>

bool aggregated_rules(const struct object_id *id, const struct value *document)
{
    const struct value *aggregation = value_get(document, "aggregationRule");
    return strcmp(id->group, "rbac.authorization.k8s.io") == 0
           && strcmp(id->kind, "ClusterRole") == 0 && aggregation && aggregation->kind != VALUE_NULL
           && value_get(document, "rules");
}
