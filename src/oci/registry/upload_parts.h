/*
 * upload_parts: what upload.c and upload_source.c share: a blob on its way. Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_UPLOAD_PARTS_H
#define CMX_OCI_REGISTRY_UPLOAD_PARTS_H

#include "oci/registry/exchange.h"
#include "oci/registry/retry.h"
#include "oci/store.h"
#include "oci/verify.h"

struct upload {
    struct repository *repository;
    struct arena *arena;
    const struct blob_source *source;
    struct verifier *verifier;
    int64_t position; /* of the source */
    int64_t hashed;   /* bytes that the verifier has seen: what is sent again is not hashed again */
    bool ended;       /* the verifier's end was asked for */
    bool spoiled;     /* the source failed, or holds other bytes than it should */
    bool partial;     /* a part of it was sent before: PUT alone would not do */
    int64_t piece;    /* bytes that one request may hold; 0: all */
    int64_t piece_end;   /* of the source, where this request ends */
    int64_t least_piece; /* that the registry takes (OCI-Chunk-Min-Length) */
    int64_t resumed_at;  /* where it said that it stood, the last time it was asked */
    bool contradicted;   /* its answer to what was just sent fits no other one */
    bool deaf;           /* what it says of where it stands is not listened to any more */
    bool smaller;        /* the last one was refused for its size, and smaller ones are tried */
    const char *location;
    struct retry retry;
    unsigned resumes;
    int64_t furthest;
};

/* As struct call has it; the context is the upload. Ends at the end of the piece. */
bool upload_read(void *context, char *data, size_t capacity, size_t *ret_length, struct error *err);

/* The bytes have ended: are they what was said? */
bool upload_check_end(struct upload *upload, struct error *err) __attribute__((warn_unused_result));

/* False: it cannot go back; what went wrong before stays the error. */
bool upload_rewind(struct upload *upload, int64_t offset, struct error *err)
    __attribute__((warn_unused_result));

#endif
