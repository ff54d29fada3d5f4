/*
 * static: see writing.h. Pages that are only served, by busybox. Nothing runs, so that it is built
 * natively; where package.json has a build, the pages are made by that first.
 */
#include "base/file.h"
#include "manifest/value_json.h"
#include "providers/build/template/writing.h"

#include <string.h>

/* Does package.json make the pages? Not those of a folder that is there already. */
static bool is_built(struct writing *one)
{
    const char *text = file_text(one, "package.json");
    const struct value *package;
    struct error none;
    bool given = one->entry && (strcmp(one->entry, ".") == 0 || there(one, one->entry));
    return text && !given && json_parse(one->arena, text, strlen(text), &package, &none)
           && value_text_at(package, "scripts", "build", NULL);
}

/* Kinds that busybox does not know: modules and WebAssembly run only under their own names. */
static const char *const TYPES[] = {
    ".mjs:text/javascript", ".json:application/json", ".wasm:application/wasm",
    ".webp:image/webp",     ".ico:image/x-icon",      ".woff2:font/woff2",
    ".pdf:application/pdf", ".xml:text/xml",          ".webmanifest:application/manifest+json",
};

/* An older engine, which builds the pages, knows no here-documents; the native builder no RUN. */
static void add_types(struct writing *one, bool built)
{
    size_t count = sizeof TYPES / sizeof *TYPES;
    ADD(one, built ? "RUN printf '%%s\\n'" : "COPY <<END /etc/httpd.conf\n");
    for (size_t i = 0; i < count; i++)
        ADD(one, built ? " \\\n    %s" : "%s\n", TYPES[i]);
    ADD(one, built ? " >/etc/httpd.conf\n\n" : "END\n");
}

bool write_static(struct writing *one)
{
    const char *tag, *entry = one->entry ? one->entry : ".";
    bool built = is_built(one);
    one->port = one->port ? one->port : "8080";
    if (one->packages.count && !built)
        return template_wrong(one, "templateSettings.packages: busybox serves the pages, there are "
                                   "no packages for it");
    if (built) {
        const char *version = one->version;
        one->version = NULL; /* busybox's */
        if (!write_node_build(one, &tag))
            return false;
        one->version = version;
        add_types(one, true);
        entry = one->entry ? one->entry : "dist";
    } else if (strcmp(entry, ".") != 0 && !there(one, entry)) {
        return template_wrong(one, "templateSettings.entry: there is no folder %s in the context",
                              entry);
    }
    ADD(one, "FROM busybox:%s\n", one->version ? one->version : "1.37-musl");
    if (built)
        ADD(one, "COPY --from=build /etc/httpd.conf /etc/\n");
    else
        add_types(one, false);
    ADD(one, "COPY %s%s /www\n" USER_LINE, built ? "--from=build /app/" : "", entry);
    add_port(one, BUSYBOX_CHECK);
    /* It keeps nothing, and as the first process it would not hear SIGTERM. */
    ADD(one, "STOPSIGNAL SIGKILL\n");
    add_entrypoint_words(
        one, arena_printf(one->arena, "httpd -f -p %s -h /www -c /etc/httpd.conf", one->port));
    return true;
}
