/* selector: see selector.h. A small hand-written reader: tokens are names and , = ! ( ). */
#include "manifest/selector.h"

#include <ctype.h>
#include <string.h>

struct reader {
    struct arena *arena;
    const char *text, *at;
    struct error *err;
};

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-_./", c));
}

static void skip_blanks(struct reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t')
        reader->at++;
}

static bool take(struct reader *reader, const char *token)
{
    skip_blanks(reader);
    size_t length = strlen(token);
    if (strncmp(reader->at, token, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    skip_blanks(reader);
    size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0 || is_name(reader->at[length]))
        return false;
    reader->at += length;
    return true;
}

static const char *name(struct reader *reader)
{
    skip_blanks(reader);
    size_t length = 0;
    while (is_name(reader->at[length]))
        length++;
    const char *text = arena_memdup(reader->arena, reader->at, length);
    reader->at += length;
    return text;
}

static bool wrong(struct reader *reader, const char *expected)
{
    return error_set(reader->err, ERROR_USAGE, "selector \"%s\": expected %s at \"%s\"",
                     reader->text, expected, reader->at);
}

static bool value_list_read(struct reader *reader, struct selector_term *term)
{
    if (!take(reader, "("))
        return wrong(reader, "(");
    do {
        const char *value = name(reader);
        arena_push(reader->arena, term->values, term->count, term->capacity, value);
    } while (take(reader, ","));
    return take(reader, ")") || wrong(reader, ") or ,");
}

static void one_value(struct reader *reader, struct selector_term *term)
{
    const char *value = name(reader);
    arena_push(reader->arena, term->values, term->count, term->capacity, value);
}

static bool term_read(struct reader *reader, struct selector_term *term)
{
    *term = (struct selector_term){ .how = SELECT_EXISTS };
    if (take(reader, "!"))
        term->how = SELECT_MISSING;
    term->key = name(reader);
    if (!*term->key)
        return wrong(reader, "a label's name");
    if (term->how == SELECT_MISSING)
        return true;
    if (take(reader, "!=")) {
        term->how = SELECT_DIFFERS;
        one_value(reader, term);
    } else if (take(reader, "==") || take(reader, "=")) {
        term->how = SELECT_EQUALS;
        one_value(reader, term);
    } else if (take_word(reader, "in")) {
        term->how = SELECT_IN;
        return value_list_read(reader, term);
    } else if (take_word(reader, "notin")) {
        term->how = SELECT_NOT_IN;
        return value_list_read(reader, term);
    }
    return true;
}

bool selector_parse(struct arena *arena, const char *text, struct selector *ret_selector,
                    struct error *err)
{
    struct reader reader = { arena, text, text, err };
    struct selector selector = { 0 };
    do {
        struct selector_term term;
        if (!term_read(&reader, &term))
            return false;
        arena_push(arena, selector.terms, selector.count, selector.capacity, term);
    } while (take(&reader, ","));
    skip_blanks(&reader);
    if (*reader.at)
        return wrong(&reader, "a comma or the end");
    *ret_selector = selector;
    return true;
}

static bool has_value(const struct selector_term *term, const char *value)
{
    for (size_t i = 0; i < term->count; i++)
        if (strcmp(term->values[i], value) == 0)
            return true;
    return false;
}

static bool term_matches(const struct selector_term *term, const char *label)
{
    switch (term->how) {
    case SELECT_EQUALS:
    case SELECT_IN:
        return label && has_value(term, label);
    case SELECT_DIFFERS:
    case SELECT_NOT_IN:
        return !label || !has_value(term, label);
    case SELECT_EXISTS:
        return label != NULL;
    case SELECT_MISSING:
        return label == NULL;
    }
    return false;
}

bool selector_matches(const struct selector *selector, const struct value *labels)
{
    for (size_t i = 0; i < selector->count; i++)
        if (!term_matches(&selector->terms[i],
                          value_text(value_get(labels, selector->terms[i].key))))
            return false;
    return true;
}
