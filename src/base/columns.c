/* columns: see columns.h. The ranges are those of Unicode 15, "W" and "F" of East Asian Width. */
#include "base/columns.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct range {
    uint32_t first, last;
};

static const struct range WIDE[] = {
    { 0x1100, 0x115F },   { 0x231A, 0x231B },   { 0x23E9, 0x23EC },   { 0x23F0, 0x23F0 },
    { 0x23F3, 0x23F3 },   { 0x25FD, 0x25FE },   { 0x2614, 0x2615 },   { 0x2648, 0x2653 },
    { 0x267F, 0x267F },   { 0x2693, 0x2693 },   { 0x26A1, 0x26A1 },   { 0x26AA, 0x26AB },
    { 0x26BD, 0x26BE },   { 0x26C4, 0x26C5 },   { 0x26CE, 0x26CE },   { 0x26D4, 0x26D4 },
    { 0x26EA, 0x26EA },   { 0x26F2, 0x26F3 },   { 0x26F5, 0x26F5 },   { 0x26FA, 0x26FA },
    { 0x26FD, 0x26FD },   { 0x2705, 0x2705 },   { 0x270A, 0x270B },   { 0x2728, 0x2728 },
    { 0x274C, 0x274C },   { 0x274E, 0x274E },   { 0x2753, 0x2755 },   { 0x2757, 0x2757 },
    { 0x2795, 0x2797 },   { 0x27B0, 0x27B0 },   { 0x27BF, 0x27BF },   { 0x2B1B, 0x2B1C },
    { 0x2B50, 0x2B50 },   { 0x2B55, 0x2B55 },   { 0x2E80, 0x303E },   { 0x3041, 0x33FF },
    { 0x3400, 0x4DBF },   { 0x4E00, 0xA4CF },   { 0xA960, 0xA97F },   { 0xAC00, 0xD7A3 },
    { 0xF900, 0xFAFF },   { 0xFE10, 0xFE19 },   { 0xFE30, 0xFE6F },   { 0xFF01, 0xFF60 },
    { 0xFFE0, 0xFFE6 },   { 0x16FE0, 0x18DFF }, { 0x1AFF0, 0x1B2FF }, { 0x1F004, 0x1F004 },
    { 0x1F0CF, 0x1F0CF }, { 0x1F18E, 0x1F18E }, { 0x1F191, 0x1F19A }, { 0x1F1E6, 0x1F265 },
    { 0x1F300, 0x1F320 }, { 0x1F32D, 0x1F335 }, { 0x1F337, 0x1F37C }, { 0x1F37E, 0x1F393 },
    { 0x1F3A0, 0x1F3CA }, { 0x1F3CF, 0x1F3D3 }, { 0x1F3E0, 0x1F3F0 }, { 0x1F3F4, 0x1F3F4 },
    { 0x1F3F8, 0x1F43E }, { 0x1F440, 0x1F440 }, { 0x1F442, 0x1F4FC }, { 0x1F4FF, 0x1F53D },
    { 0x1F54B, 0x1F54E }, { 0x1F550, 0x1F567 }, { 0x1F57A, 0x1F57A }, { 0x1F595, 0x1F596 },
    { 0x1F5A4, 0x1F5A4 }, { 0x1F5FB, 0x1F64F }, { 0x1F680, 0x1F6C5 }, { 0x1F6CC, 0x1F6CC },
    { 0x1F6D0, 0x1F6D2 }, { 0x1F6D5, 0x1F6DF }, { 0x1F6EB, 0x1F6EC }, { 0x1F6F4, 0x1F6FC },
    { 0x1F7E0, 0x1F7F0 }, { 0x1F90C, 0x1F93A }, { 0x1F93C, 0x1F945 }, { 0x1F947, 0x1F9FF },
    { 0x1FA70, 0x1FAFF }, { 0x20000, 0x3FFFD },
};

static const struct range NARROWEST[] = {
    { 0x0300, 0x036F },   { 0x0483, 0x0489 },   { 0x0591, 0x05BD }, { 0x0610, 0x061A },
    { 0x064B, 0x065F },   { 0x0E31, 0x0E31 },   { 0x0E34, 0x0E3A }, { 0x0E47, 0x0E4E },
    { 0x1AB0, 0x1AFF },   { 0x1DC0, 0x1DFF },   { 0x200B, 0x200F }, { 0x2060, 0x2064 },
    { 0x20D0, 0x20FF },   { 0xFE00, 0xFE0F },   { 0xFE20, 0xFE2F }, { 0xFEFF, 0xFEFF },
    { 0x1F3FB, 0x1F3FF }, { 0xE0020, 0xE01EF },
};

static bool is_in(const struct range *ranges, size_t count, uint32_t letter)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (letter < ranges[middle].first)
            high = middle;
        else if (letter > ranges[middle].last)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

/* One letter and its bytes; what is no UTF-8 counts as one letter a byte. */
static uint32_t letter_at(const char *text, size_t *ret_bytes)
{
    if (utf8_sequence(text, strnlen(text, 4)) > 0)
        return utf8_code(text, ret_bytes);
    *ret_bytes = 1;
    return '?';
}

static size_t letter_columns(uint32_t letter)
{
    if (is_in(NARROWEST, sizeof NARROWEST / sizeof *NARROWEST, letter))
        return 0;
    return is_in(WIDE, sizeof WIDE / sizeof *WIDE, letter) ? 2 : 1;
}

size_t text_columns(const char *text)
{
    size_t columns = 0, bytes;
    for (; *text; text += bytes)
        columns += letter_columns(letter_at(text, &bytes));
    return columns;
}

size_t text_fit(const char *text, size_t columns)
{
    size_t used = 0, bytes;
    const char *at = text;
    for (; *at; at += bytes) {
        used += letter_columns(letter_at(at, &bytes));
        if (used > columns)
            break;
    }
    return (size_t)(at - text);
}

size_t text_wrap(struct buf *out, const char *text, size_t used, size_t width, size_t indent)
{
    AUTO_BUF word = BUF_INIT(BUF_OUTPUT_CEILING);
    for (bool first = true; *text; first = false) {
        size_t length = strcspn(text, " ");
        buf_clear(&word);
        buf_add(&word, text, length);
        size_t columns = text_columns(buf_text(&word));
        if (!first && used + 1 + columns > width) {
            buf_putc(out, '\n');
            buf_fill(out, ' ', indent);
            used = indent;
        } else if (!first) {
            buf_putc(out, ' ');
            used++;
        }
        buf_add(out, text, length);
        used += columns;
        text += length + (text[length] == ' ');
    }
    return used;
}
