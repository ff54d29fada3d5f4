/* value_number: see value_number.h. Digits come from the C library; only their form is Go's. */
#include "manifest/value_number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct decimal {
    bool negative;
    char digits[24]; /* without a point, without zeros at the end */
    int count;
    int exponent; /* of the first digit: d.ddd × 10^exponent */
};

static bool reads_back(const char *text, double number, bool single)
{
    return single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number;
}

/* Adds one to the last digit of d.ddde±x. False where that needs another digit in front. */
static bool add_one(char *text)
{
    for (char *at = strchr(text, 'e') - 1; at >= text && *at != '-'; at--) {
        if (*at == '.')
            continue;
        if (*at != '9') {
            ++*at;
            return true;
        }
        *at = '0';
    }
    return false;
}

/* Below a power of two doubles are closer: digits that read back may not be the nearest ones. */
static bool try_digits(char *text, double number, bool single, int precision)
{
    int exponent;
    snprintf(text, NUMBER_TEXT, "%.*e", precision, number);
    if (reads_back(text, number, single))
        return true;
    return fabs(frexp(number, &exponent)) == 0.5 && add_one(text)
           && reads_back(text, number, single);
}

/* What has up to 15 digits (6 in a float) survives both ways; so fewer need no trying. */
static void shortest(double number, bool single, struct decimal *decimal)
{
    char text[NUMBER_TEXT];
    bool tiny = fabs(number) < (single ? (double)FLT_MIN : DBL_MIN);
    for (int precision = tiny ? 0 : single ? 5 : 14; precision <= 16; precision++)
        if (try_digits(text, number, single, precision))
            break;
    decimal->negative = *text == '-';
    decimal->count = 0;
    const char *at = text + decimal->negative;
    for (; *at != 'e'; at++)
        if (*at != '.')
            decimal->digits[decimal->count++] = *at;
    while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
    decimal->exponent = atoi(at + 1);
}

/* d.ddde±x, the exponent with `width` digits at least. */
static void write_scientific(char *text, const struct decimal *decimal, int width)
{
    char *to = text;
    if (decimal->negative)
        *to++ = '-';
    *to++ = decimal->digits[0];
    if (decimal->count > 1)
        *to++ = '.';
    memcpy(to, decimal->digits + 1, (size_t)decimal->count - 1);
    to += decimal->count - 1;
    snprintf(to, NUMBER_TEXT - (size_t)(to - text), "e%c%0*d", decimal->exponent < 0 ? '-' : '+',
             width, abs(decimal->exponent));
}

/* Without an exponent, which is between -7 and 20 here. */
static void write_fixed(char *text, const struct decimal *decimal)
{
    char *to = text;
    int point = decimal->exponent + 1;
    if (decimal->negative)
        *to++ = '-';
    if (point <= 0) {
        *to++ = '0';
        *to++ = '.';
        for (int i = point; i < 0; i++)
            *to++ = '0';
    }
    for (int i = 0; i < decimal->count || i < point; i++) {
        if (i == point && point > 0)
            *to++ = '.';
        *to++ = i < decimal->count ? decimal->digits[i] : '0';
    }
    *to = '\0';
}

void number_from_double(char text[static NUMBER_TEXT], double number)
{
    struct decimal decimal;
    if (number == 0) {
        memcpy(text, "0", 2);
        return;
    }
    shortest(number, false, &decimal);
    if (fabs(number) < 1e-6 || fabs(number) >= 1e21)
        write_scientific(text, &decimal, decimal.exponent < 0 ? 1 : 2);
    else
        write_fixed(text, &decimal);
}

void number_as_key(char text[static NUMBER_TEXT], double number)
{
    struct decimal decimal;
    float narrow = (float)number;
    if (isnan(narrow) || isinf(narrow)) {
        strcpy(text, isnan(narrow) ? ".nan" : narrow < 0 ? "-.inf" : ".inf");
        return;
    }
    if (narrow == 0) {
        strcpy(text, signbit(narrow) ? "-0" : "0");
        return;
    }
    shortest(narrow, true, &decimal);
    if (decimal.exponent < -4 || decimal.exponent >= 6)
        write_scientific(text, &decimal, 2);
    else
        write_fixed(text, &decimal);
}

bool number_canonical(const char *number, char text[static NUMBER_TEXT])
{
    bool zero = strcmp(number, "-0") == 0;
    if (!zero && !strpbrk(number, ".eE"))
        return false;
    double read = strtod(number, NULL);
    if (!isfinite(read))
        return false;
    number_from_double(text, read);
    return true;
}
