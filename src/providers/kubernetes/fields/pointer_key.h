/*
 * pointer_key: names the elements of keyed lists in a JSON pointer by their keys.
 *
 * An ignore rule counts positions in the manifest; in the live object a sidecar
 * may stand before the container that is meant. So "/containers/0/image"
 * becomes "/containers/{"name":"web"}/image", which pointer.h understands, and
 * which means the same element in every version of the object.
 */
#ifndef CMX_KUBERNETES_POINTER_KEY_H
#define CMX_KUBERNETES_POINTER_KEY_H

#include "manifest/resource.h"

/*
 * The pointer with names for positions, as far as the lists are keyed. Positions
 * count in `wanted`, or in `live` where the manifest has no such element; NULL:
 * what stands there live is another element of the manifest.
 */
const char *pointer_by_key(struct arena *arena, const char *pointer, const struct value *wanted,
                           const struct value *live);

/*
 * The pointers that one stands for in a document, at the end of `list`: each "*" is every element
 * of the list and every member of the map there.
 */
void pointer_expand(struct arena *arena, const char *pointer, const struct value *document,
                    struct text_list *list);

/*
 * The map or list that the pointer ends inside of, and that whoever holds it
 * has set as a whole (a Service's selector, a container's args), as a pointer;
 * NULL: what it names is a field of its own.
 */
const char *pointer_whole(struct arena *arena, const char *pointer, const struct value *live);

#endif
