/* template: see template.h. */
#include "providers/build/template.h"

const char *const template_names[] = { NULL };

bool template_dockerfile(struct arena *arena, const struct image_spec *spec, struct files *files,
                         const char *context, const char **ret_text, struct error *err)
{
    (void)arena;
    (void)files;
    (void)context;
    (void)ret_text;
    return error_set(err, ERROR_INPUT, "no template %s", spec->build.template);
}
