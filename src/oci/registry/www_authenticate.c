/* www_authenticate: see www_authenticate.h. */
#include "oci/registry/www_authenticate.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_token_char(char c)
{
    return isascii((unsigned char)c) && (isalnum((unsigned char)c) || strchr("!#$%&'*+-.^_`|~", c))
           && c;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static size_t token_length(const char *at)
{
    size_t length = 0;
    while (is_token_char(at[length]))
        length++;
    return length;
}

/* A quoted string behind its first quote; *at is moved behind the last one. NULL: it has no end. */
static const char *read_quoted(struct arena *arena, const char **at)
{
    const char *from = *at;
    char *value = arena_alloc(arena, strlen(from) + 1);
    size_t length = 0;
    while (*from && *from != '"') {
        if (*from == '\\' && from[1])
            from++;
        value[length++] = *from++;
    }
    if (!*from)
        return NULL;
    *at = from + 1;
    return value;
}

static const char *read_value(struct arena *arena, const char **at)
{
    if (**at == '"') {
        (*at)++;
        return read_quoted(arena, at);
    }
    size_t length = strcspn(*at, ", \t");
    const char *value = arena_memdup(arena, *at, length);
    *at += length;
    return value;
}

/* NAME=VALUE, blanks around the sign allowed. False: something else stands here. */
static bool read_parameter(struct arena *arena, const char **at, struct challenge *challenge)
{
    size_t length = token_length(*at);
    const char *sign = skip_blanks(*at + length);
    if (!length || *sign != '=' || challenge->parameter_count >= CHALLENGE_PARAMETERS_CEILING)
        return false;
    const char *next = skip_blanks(sign + 1);
    struct challenge_parameter parameter = { .name = arena_memdup(arena, *at, length),
                                             .value = read_value(arena, &next) };
    if (!parameter.value) {
        *at += strlen(*at); /* a quote without end: nothing behind it can be told apart */
        return false;
    }
    arena_push(arena, challenge->parameters, challenge->parameter_count,
               challenge->parameter_capacity, parameter);
    *at = next;
    return true;
}

/* The one token that some schemes have: letters that end in '=' or before a comma. */
static bool read_token(struct arena *arena, const char **at, struct challenge *challenge)
{
    size_t length = 0;
    while (isalnum((unsigned char)(*at)[length])
           || ((*at)[length] && strchr("-._~+/", (*at)[length])))
        length++;
    size_t whole = length + strspn(*at + length, "=");
    const char *next = skip_blanks(*at + whole);
    if (!length || (*next && *next != ','))
        return false;
    challenge->token = arena_memdup(arena, *at, whole);
    *at = next;
    return true;
}

static const char *skip_commas(const char *at)
{
    return at + strspn(at, " \t,");
}

/* Parameters go on until a word comes that no '=' follows: the next scheme. */
static bool read_challenge(struct arena *arena, const char **at, struct challenge *challenge)
{
    size_t length = token_length(*at);
    if (!length)
        return false;
    *challenge = (struct challenge){ .scheme = arena_memdup(arena, *at, length) };
    const char *next = skip_blanks(*at + length);
    bool apart = next != *at + length;
    *at = next;
    if (apart && read_token(arena, at, challenge))
        return true;
    while (apart && read_parameter(arena, at, challenge)) {
        next = skip_commas(*at);
        if (*next)
            *at = next;
        else
            *at += strlen(*at);
    }
    return true;
}

void www_authenticate_read(struct arena *arena, const char *header, struct challenges *challenges)
{
    const char *at = skip_commas(header);
    struct challenge challenge;
    while (*at && challenges->count < CHALLENGES_CEILING
           && read_challenge(arena, &at, &challenge)) {
        arena_push(arena, challenges->items, challenges->count, challenges->capacity, challenge);
        at = skip_commas(at);
    }
}

const struct challenge *challenge_of_scheme(const struct challenges *challenges, const char *scheme)
{
    for (size_t i = 0; i < challenges->count; i++)
        if (strcasecmp(challenges->items[i].scheme, scheme) == 0)
            return &challenges->items[i];
    return NULL;
}

const char *challenge_parameter(const struct challenge *challenge, const char *name)
{
    for (size_t i = 0; i < challenge->parameter_count; i++)
        if (strcasecmp(challenge->parameters[i].name, name) == 0)
            return challenge->parameters[i].value;
    return NULL;
}

/* ---------------------------------------------------------------------- scopes */

/* Is this word among those of a list? */
static bool is_among(const char *word, size_t length, const char *list, size_t list_length,
                     const char *between)
{
    for (size_t at = 0; at < list_length;) {
        size_t one = strcspn(list + at, between);
        if (one > list_length - at)
            one = list_length - at;
        if (one == length && strncmp(list + at, word, length) == 0)
            return true;
        at += one + 1;
    }
    return false;
}

/* How much of "repository:a/b:pull,push" stands before its actions; 0: it has none. */
static size_t resource_length(const char *scope, size_t length)
{
    while (length && scope[length - 1] != ':')
        length--;
    return length;
}

static bool one_covers(const char *scope, size_t length, const char *asked, size_t asked_length)
{
    size_t resource = resource_length(scope, length);
    if (resource_length(asked, asked_length) != resource || strncmp(scope, asked, resource) != 0)
        return false;
    for (size_t at = resource; at < asked_length;) {
        size_t action = strcspn(asked + at, ", ");
        if (!is_among(asked + at, action, scope + resource, length - resource, ", "))
            return false;
        at += action + 1;
    }
    return true;
}

bool scopes_cover(const char *scopes, const char *asked)
{
    for (size_t length; *asked; asked += length + (asked[length] == ' ')) {
        bool covered = (length = strcspn(asked, " ")) == 0;
        const char *own = scopes;
        for (size_t own_length; *own && !covered; own += own_length + (own[own_length] == ' ')) {
            own_length = strcspn(own, " ");
            covered = one_covers(own, own_length, asked, length);
        }
        if (!covered)
            return false;
    }
    return true;
}
