/*
 * protobuf: the fields of one protocol buffers message, read in place.
 *
 * Just what BuildKit's progress needs: no schema, no copies, nothing written. What a field
 * number means is the caller's. (protobuf.dev, "Encoding"; groups are refused.)
 */
#ifndef CMX_DOCKER_PROTOBUF_H
#define CMX_DOCKER_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf {
    const char *at, *end;
    bool broken; /* it ended within a field, or is no message at all */
};

struct protobuf_field {
    uint32_t number;
    bool is_bytes;
    uint64_t integer; /* of a varint or a fixed number */
    const char *data; /* of bytes: no NUL behind it    */
    size_t length;
};

struct protobuf protobuf_of(const char *data, size_t length);

/* The next field; false at the end, and for what is broken. */
bool protobuf_next(struct protobuf *message, struct protobuf_field *ret);

#endif
