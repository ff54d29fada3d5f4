/* words: see words.h. */
#include "providers/build/dockerfile/words.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <ctype.h>
#include <string.h>

static bool is_blank(char c)
{
    return c && strchr(" \t\v\f\r\n", c);
}

static const char *trim(struct arena *arena, const char *text)
{
    while (is_blank(*text))
        text++;
    size_t length = strlen(text);
    while (length && is_blank(text[length - 1]))
        length--;
    return arena_memdup(arena, text, length);
}

/* ----------------------------------------------------------------------- flags */

/* One word without its quotes; *at moves behind it. *ret_quoted: there were some. */
static const char *flag_word(struct arena *arena, const char **at, char escape, bool *ret_quoted)
{
    AUTO_BUF word = BUF_INIT(BUF_OUTPUT_CEILING);
    char quote = '\0';
    *ret_quoted = false;
    for (; **at && (quote || !is_blank(**at)); ++*at) {
        char c = **at;
        if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? '\0' : c;
            *ret_quoted = true;
        } else if (c == escape) {
            if ((*at)[1])
                buf_putc(&word, *++*at);
        } else {
            buf_putc(&word, c);
        }
    }
    return arena_memdup(arena, buf_text(&word), word.length);
}

const char *words_flags(struct arena *arena, const char *text, char escape,
                        struct instruction *instruction)
{
    for (;;) {
        bool quoted;
        while (is_blank(*text))
            text++;
        if (text[0] != '-' || text[1] != '-')
            return trim(arena, text);
        const char *word = flag_word(arena, &text, escape, &quoted);
        if (strcmp(word, "--") == 0 && !quoted)
            return trim(arena, text);
        const char *equals = strchr(word, '=');
        struct instruction_flag flag = { .value = equals ? equals + 1 : NULL };
        size_t length = equals ? (size_t)(equals - word) : strlen(word);
        flag.name = arena_memdup(arena, word, length) + (length >= 2 ? 2 : length);
        arena_push(arena, instruction->flags, instruction->flag_count, instruction->flag_capacity,
                   flag);
    }
}

/* ------------------------------------------------------------------------ words */

void words_blank(struct arena *arena, const char *text, struct text_list *ret)
{
    while (*text) {
        while (is_blank(*text))
            text++;
        size_t length = 0;
        while (text[length] && !is_blank(text[length]))
            length++;
        if (length) {
            const char *word = arena_memdup(arena, text, length);
            arena_push(arena, ret->items, ret->count, ret->capacity, word);
        }
        text += length;
    }
}

/* The length of the word that begins here. An escape at the very end is dropped by the caller. */
static size_t shell_word(const char *text, char escape)
{
    size_t at = 0;
    char quote = '\0';
    for (; text[at] && (quote || !is_blank(text[at])); at++) {
        if (text[at] == escape && quote != '\'' && text[at + 1])
            at++;
        else if (quote ? text[at] == quote : text[at] == '\'' || text[at] == '"')
            quote = quote ? '\0' : text[at];
    }
    return at;
}

void words_shell(struct arena *arena, const char *text, char escape, struct text_list *ret)
{
    for (;;) {
        while (is_blank(*text))
            text++;
        size_t length = shell_word(text, escape);
        if (length == 0)
            return;
        size_t kept = length;
        if (text[length] == '\0' && text[length - 1] == escape
            && (length == 1 || text[length - 2] != escape))
            kept--;
        if (kept) {
            const char *word = arena_memdup(arena, text, kept);
            arena_push(arena, ret->items, ret->count, ret->capacity, word);
        }
        text += length;
    }
}

/* ------------------------------------------------------------------------- JSON */

enum words_json words_json(struct arena *arena, const char *text, struct text_list *ret)
{
    const struct value *list;
    struct error ignored;
    while (is_blank(*text))
        text++;
    if (*text != '[' || !json_parse(arena, text, strlen(text), &list, &ignored))
        return WORDS_NO_JSON;
    for (size_t i = 0; i < value_count(list); i++) {
        const char *word = value_text(value_item(list, i));
        if (!word || strlen(word) != value_item(list, i)->text.length)
            return WORDS_JSON_NOT_TEXTS;
        arena_push(arena, ret->items, ret->count, ret->capacity, word);
    }
    return WORDS_JSON;
}

/* -------------------------------------------------------------- here-documents */

bool words_heredoc(struct arena *arena, const char *word, struct heredoc *ret)
{
    AUTO_BUF name = BUF_INIT(BUF_OUTPUT_CEILING);
    while (isdigit((unsigned char)*word))
        word++;
    if (word[0] != '<' || word[1] != '<')
        return false;
    word += 2;
    *ret = (struct heredoc){ .expand = true, .chomp = *word == '-' };
    word += ret->chomp;
    if (!*word || strchr(word, '<'))
        return false;
    char quote = '\0';
    for (; *word; word++) {
        if (quote ? *word == quote : *word == '\'' || *word == '"') {
            quote = quote ? '\0' : *word;
            ret->expand = false;
        } else {
            if (*word == '\\' && word[1] && quote != '\'')
                word++;
            buf_putc(&name, *word);
        }
    }
    ret->name = arena_memdup(arena, buf_text(&name), name.length);
    return quote == '\0' && name.length > 0;
}
