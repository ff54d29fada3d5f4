/*
 * java: see writing.h. Maven or Gradle, one project or several; the jar that can be started goes
 * into a JRE. Which JDK: the smallest that is looked after and can build what the project asks for.
 */
#include "base/file.h"
#include "providers/build/path.h"
#include "providers/build/template/scan.h"
#include "providers/build/template/writing.h"

#include <stdlib.h>
#include <string.h>

#define JAVA_VERSION "21"

/* "1.8" is 8. */
static const char *java_number(struct arena *arena, const char *text)
{
    const char *version = scan_version(arena, text, 2);
    if (version && strncmp(version, "1.", 2) == 0)
        return version + 2;
    return scan_version(arena, text, 1);
}

static const char *asked_by_maven(struct writing *one)
{
    static const char *const tags[] = { "<maven.compiler.release>", "<java.version>", "<release>",
                                        "<maven.compiler.target>", "<maven.compiler.source>" };
    const char *pom = file_text(one, "pom.xml");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const char *found = java_number(one->arena, scan_between(one->arena, pom, tags[i], "<"));
        if (found)
            return found;
    }
    return NULL;
}

/* A toolchain is that very version, anything else the oldest one that will do. */
static const char *asked_by_gradle(struct writing *one, bool *ret_exact)
{
    static const char *const files[] = { "build.gradle", "build.gradle.kts" };
    static const char *const keys[] = { "JavaLanguageVersion.of(", "jvmToolchain(",
                                        "sourceCompatibility" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++) {
            const char *text = scan_between(one->arena, file_text(one, files[i]), keys[j], "\n");
            const char *found = java_number(one->arena, text);
            *ret_exact = j < 2;
            if (found)
                return found;
        }
    return NULL;
}

static const char *version_of(struct writing *one, bool maven)
{
    static const char *const releases[] = { "8", "11", "17", "21", "25" };
    bool exact = false;
    const char *file = java_number(one->arena, file_text(one, ".java-version"));
    const char *sdkman = scan_between(one->arena, file_text(one, ".sdkmanrc"), "java=", "\n");
    const char *asked = maven ? asked_by_maven(one) : asked_by_gradle(one, &exact);
    if (one->version)
        return one->version;
    if (file || sdkman)
        return file ? file : java_number(one->arena, sdkman);
    for (size_t i = 0; asked && !exact && i < sizeof releases / sizeof *releases; i++)
        if (version_compare(asked, releases[i]) <= 0)
            return releases[i];
    return asked ? asked : JAVA_VERSION;
}

/* ------------------------------------------------------------------------------ build */

/* Of several modules each has files of its own that say what it needs. */
static void add_project_files(struct writing *one, const char *const *names, size_t count)
{
    struct text_list paths = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct text_list found = files_named(one, names[i]);
        for (size_t j = 0; j < found.count; j++)
            push_text(one, &paths, found.items[j]);
    }
    add_copies(one, &paths);
}

/* What cannot be fetched beforehand is fetched when it is built: no reason to fail. */
static void add_maven(struct writing *one, const char *version)
{
    static const char *const names[] = { "pom.xml", "maven.config", "jvm.config",
                                         "extensions.xml" };
    ADD(one, "FROM maven:3-eclipse-temurin-%s AS build\n", version);
    add_build_packages(one, "");
    ADD(one, "WORKDIR /src\n");
    add_project_files(one, names, sizeof names / sizeof *names);
    ADD(one, "RUN --mount=type=cache,target=/root/.m2 \\\n"
             "    mvn --batch-mode --quiet --fail-never dependency:go-offline\n"
             "COPY . .\n"
             "RUN --mount=type=cache,target=/root/.m2 \\\n"
             "    mvn --batch-mode --quiet package -DskipTests\n");
}

/* The wrapper says which Gradle the project is made for. */
static const char *gradle_version(struct writing *one)
{
    const char *text = file_text(one, "gradle/wrapper/gradle-wrapper.properties");
    const char *named = scan_between(one->arena, text, "/gradle-", "-");
    const char *version = scan_version(one->arena, named, 3);
    return version ? version : "8";
}

static void add_gradle(struct writing *one, const char *version)
{
    static const char *const names[] = { "build.gradle",       "build.gradle.kts",
                                         "settings.gradle",    "settings.gradle.kts",
                                         "gradle.properties",  "gradle.lockfile",
                                         "libs.versions.toml", "buildscript-gradle.lockfile" };
    ADD(one, "FROM gradle:%s-jdk%s AS build\n", gradle_version(one), version);
    add_build_packages(one, "");
    ADD(one, "WORKDIR /src\n");
    add_project_files(one, names, sizeof names / sizeof *names);
    if (there(one, "buildSrc"))
        ADD(one, "COPY buildSrc buildSrc/\n");
    ADD(one, "RUN --mount=type=cache,target=/home/gradle/.gradle \\\n"
             "    gradle --no-daemon --quiet --continue dependencies >/dev/null || true\n"
             "COPY . .\n"
             "RUN --mount=type=cache,target=/home/gradle/.gradle \\\n"
             "    gradle --no-daemon --quiet assemble\n");
}

/* One jar with a Main-Class, or a build that says which there are. */
static void add_jar(struct writing *one, const char *folder)
{
    if (one->entry)
        ADD(one, "RUN cp %s /app.jar", one->entry);
    else
        ADD(one,
            "RUN set -- $(find %s -maxdepth 1 -name '*.jar' | grep -v -e '-plain.jar$' \\\n"
            "        -e '-sources.jar$' -e '-javadoc.jar$' -e '/original-') \\\n"
            "    && if [ $# != 1 ]; then echo \"templateSettings.entry: which jar? $*\" >&2; exit "
            "1; "
            "fi \\\n"
            "    && cp \"$1\" /app.jar",
            folder);
    ADD(one, " \\\n    && cd /tmp && jar xf /app.jar META-INF/MANIFEST.MF \\\n"
             "    && if ! grep -q ^Main-Class: META-INF/MANIFEST.MF; then \\\n"
             "        echo \"the jar has no Main-Class, java -jar cannot start it\" >&2; exit 1; "
             "fi\n\n");
}

bool write_java(struct writing *one)
{
    bool maven = there(one, "pom.xml");
    const char *version = version_of(one, maven);
    if (!maven && !there(one, "build.gradle") && !there(one, "build.gradle.kts")
        && !there(one, "settings.gradle") && !there(one, "settings.gradle.kts"))
        return template_wrong(one, "there is no pom.xml and no build.gradle in the context");
    if (maven)
        add_maven(one, version);
    else
        add_gradle(one, version);
    bool quarkus = maven && file_text(one, "pom.xml")
                   && strstr(file_text(one, "pom.xml"), "quarkus-maven-plugin");
    if (quarkus && !one->entry)
        ADD(one, "\n");
    else
        add_jar(one, maven ? "target" : "build/libs");
    ADD(one, "FROM eclipse-temurin:%s-jre\n", version);
    add_run_packages(one, "");
    if (quarkus && !one->entry)
        ADD(one, "COPY --from=build /src/target/quarkus-app /app\n" USER_LINE);
    else
        ADD(one, "COPY --from=build /app.jar /app.jar\n" USER_LINE);
    add_port(one, BASH_CHECK);
    /* Else the heap is a quarter of what the container may have. */
    add_entrypoint_words(
        one, arena_printf(one->arena, "java -XX:MaxRAMPercentage=75 -jar %s",
                          quarkus && !one->entry ? "/app/quarkus-run.jar" : "/app.jar"));
    return true;
}
