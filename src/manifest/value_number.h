/*
 * value_number: the one way in which a number is written.
 *
 * The API server and kubectl are Go programs: whatever a client wrote, a number
 * comes back as Go's encoding/json writes it. Values keep that text, so that
 * equal numbers have equal texts. Integers keep all their digits.
 */
#ifndef CMX_MANIFEST_VALUE_NUMBER_H
#define CMX_MANIFEST_VALUE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Enough for any double: 24 bytes at most, a sign and NUL behind it. */
enum { NUMBER_TEXT = 40 };

/*
 * A finite double as Go's encoding/json writes a float64: the shortest digits
 * that read back as the same double; with an exponent below 1e-6 and from 1e21
 * on (1e-07 is written 1e-7). Negative zero is written 0: behind the API
 * server's own reading it is the integer 0.
 */
void number_from_double(char text[static NUMBER_TEXT], double number);

/*
 * The same as Go's FormatFloat(number, 'g', -1, 32): how a float becomes the key
 * of a map (sigs.k8s.io/yaml): 1e+06, 0.1, .inf.
 */
void number_as_key(char text[static NUMBER_TEXT], double number);

/*
 * Rewrites a valid JSON number with a fraction or an exponent, or negative zero,
 * into that form. False where its text is to be kept: an integer, or a number
 * that no double holds.
 */
bool number_canonical(const char *number, char text[static NUMBER_TEXT]);

#endif
