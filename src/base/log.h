/*
 * log: what happened, for whoever runs the program; results go to stdout and
 * never through here.
 *
 * Lines go to stderr as text or as one JSON object a line. Safe from any
 * thread. Library code logs at debug only, but for a long wait that nobody could
 * tell from hanging; what a user must know is an error or part of a report.
 */
#ifndef CMX_BASE_LOG_H
#define CMX_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Set once at the start, before any thread. Default: LOG_WARNING, LOG_TEXT. */
void log_configure(enum log_level level, enum log_format format);

bool log_enabled(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * What the user must know, whatever the level: the text as a line of its own, or in JSON an
 * error.
 */
void log_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define log_debug(...)   (log_enabled(LOG_DEBUG) ? log_write(LOG_DEBUG, __VA_ARGS__) : (void)0)
#define log_info(...)    log_write(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   log_write(LOG_ERROR, __VA_ARGS__)

/* "error", "warning", "info", "debug"; "text", "json". False: no such name. */
bool log_level_parse(const char *text, enum log_level *ret_level);
bool log_format_parse(const char *text, enum log_format *ret_format);

#endif
