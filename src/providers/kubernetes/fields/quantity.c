/* quantity: see quantity.h. Amounts are compared in billionths, exactly. */
#include "providers/kubernetes/fields/quantity.h"

#include <stdlib.h>
#include <string.h>

/* Below this a factor of 1024 or 10 still fits. */
static const unsigned __int128 CEILING = (unsigned __int128)1 << 110;

enum { BILLIONTHS = 9 };

static const struct suffix {
    const char *text;
    int power, base;
} suffixes[] = {
    { "", 0, 10 },     { "n", -9, 10 },   { "u", -6, 10 },   { "m", -3, 10 },
    { "k", 3, 10 },    { "M", 6, 10 },    { "G", 9, 10 },    { "T", 12, 10 },
    { "P", 15, 10 },   { "E", 18, 10 },   { "Ki", 1, 1024 }, { "Mi", 2, 1024 },
    { "Gi", 3, 1024 }, { "Ti", 4, 1024 }, { "Pi", 5, 1024 }, { "Ei", 6, 1024 },
};

struct amount {
    unsigned __int128 billionths;
    bool negative;
};

static bool multiply(unsigned __int128 *number, int factor)
{
    if (*number > CEILING)
        return false;
    *number *= (unsigned)factor;
    return true;
}

/* Multiplies by 10^power; false where digits would be lost. */
static bool shift(unsigned __int128 *number, int power)
{
    for (; power > 0; power--)
        if (!multiply(number, 10))
            return false;
    for (; power < 0; power++) {
        if (*number % 10 != 0)
            return *number == 0;
        *number /= 10;
    }
    return true;
}

/* Reads digits with at most one point; *decimals counts those behind it. */
static const char *read_digits(const char *at, unsigned __int128 *number, int *decimals)
{
    bool point = false, any = false;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !point); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        if (!multiply(number, 10))
            return NULL;
        *number += (unsigned)(*at - '0');
        *decimals += point;
        any = true;
    }
    return any ? at : NULL;
}

static bool scale(const char *text, unsigned __int128 *number, int decimals)
{
    if ((*text == 'e' || *text == 'E') && text[1] && text[1] != 'i') {
        char *end;
        long exponent = strtol(text + 1, &end, 10);
        return !*end && end > text + 1 && exponent > -40 && exponent < 40
               && shift(number, (int)exponent + BILLIONTHS - decimals);
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const struct suffix *suffix = &suffixes[i];
        if (strcmp(suffix->text, text) != 0)
            continue;
        if (suffix->base == 10)
            return shift(number, suffix->power + BILLIONTHS - decimals);
        for (int power = suffix->power; power > 0; power--)
            if (!multiply(number, suffix->base))
                return false;
        return shift(number, BILLIONTHS - decimals);
    }
    return false;
}

static bool read_amount(const struct value *value, struct amount *ret_amount)
{
    if (value->kind != VALUE_NUMBER && value->kind != VALUE_STRING)
        return false;
    const char *at = value->text.data;
    struct amount amount = { 0, *at == '-' };
    int decimals = 0;
    if (strlen(at) != value->text.length)
        return false;
    at = read_digits(at + (*at == '-' || *at == '+'), &amount.billionths, &decimals);
    if (!at || !scale(at, &amount.billionths, decimals))
        return false;
    *ret_amount = amount;
    return true;
}

bool quantity_equal(const struct value *a, const struct value *b)
{
    struct amount first, second;
    return read_amount(a, &first) && read_amount(b, &second)
           && first.billionths == second.billionths
           && (first.negative == second.negative || first.billionths == 0);
}
