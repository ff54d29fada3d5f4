/* protobuf: see protobuf.h. */
#include "providers/docker/protobuf.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct protobuf protobuf_of(const char *data, size_t length)
{
    return (struct protobuf){ .at = data, .end = data + length };
}

static bool broken(struct protobuf *message)
{
    message->broken = true;
    message->at = message->end;
    return false;
}

/* At most ten bytes; bits above the 64th are dropped, as others do. */
static bool read_varint(struct protobuf *message, uint64_t *ret)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (message->at == message->end)
            return false;
        unsigned char byte = (unsigned char)*message->at++;
        if (shift < 64)
            number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = number;
            return true;
        }
    }
    return false;
}

static bool read_fixed(struct protobuf *message, size_t bytes, uint64_t *ret)
{
    uint64_t number = 0;
    if ((size_t)(message->end - message->at) < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)message->at[i] << (8 * i);
    message->at += bytes;
    *ret = number;
    return true;
}

static bool read_bytes(struct protobuf *message, struct protobuf_field *field)
{
    uint64_t length;
    if (!read_varint(message, &length) || length > (uint64_t)(message->end - message->at))
        return false;
    field->is_bytes = true;
    field->data = message->at;
    field->length = (size_t)length;
    message->at += length;
    return true;
}

bool protobuf_next(struct protobuf *message, struct protobuf_field *ret)
{
    uint64_t key;
    struct protobuf_field field = { 0 };
    bool read;
    if (message->at == message->end)
        return false;
    if (!read_varint(message, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
        return broken(message);
    field.number = (uint32_t)(key >> 3);
    switch (key & 7) {
    case WIRE_VARINT:
        read = read_varint(message, &field.integer);
        break;
    case WIRE_64:
        read = read_fixed(message, 8, &field.integer);
        break;
    case WIRE_32:
        read = read_fixed(message, 4, &field.integer);
        break;
    case WIRE_BYTES:
        read = read_bytes(message, &field);
        break;
    default:
        read = false;
    }
    if (!read)
        return broken(message);
    *ret = field;
    return true;
}
