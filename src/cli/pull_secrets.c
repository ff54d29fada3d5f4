/* pull_secrets: --registry-secret, for every command that reaches registries. */
#include "cli/command.h"

#include "reconciler/images/pull_secret.h"

enum { READ_MS = 30000 };

bool command_read_pull_secrets(struct invocation *invocation, enum exit_code *ret_code)
{
    size_t count = invocation->registry_secrets.count;
    struct registry_secret *secrets = arena_array(invocation->arena, count + 1, sizeof *secrets);
    struct error error = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct wait wait = wait_for(READ_MS, &invocation->wait);
        if (!pull_secret_read(&invocation->run, invocation->arena,
                              invocation->registry_secrets.items[i], &secrets[i], &wait, &error)) {
            error_prefix(&error, "--registry-secret");
            *ret_code = command_fail(invocation, &error);
            return false;
        }
    }
    invocation->registry.secrets = secrets;
    invocation->registry.secret_count = count;
    return true;
}
