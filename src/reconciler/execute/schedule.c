/* schedule: see schedule.h. One pass a step and a edge, whatever the order. */
#include "reconciler/execute/schedule.h"

#include "manifest/references.h"

#include <stdint.h>

enum { RANKS = STAGES * (RANK_WEBHOOK + 1) };

struct link {
    size_t step;
    bool healthy;
    struct link *next;
};

struct node {
    enum step_state state;
    unsigned rank;
    size_t unmet; /* edges that still hold it back */
    struct link *before, *after;
    size_t next_ready; /* in the list of its rank; SIZE_MAX ends it */
};

struct schedule {
    struct arena *arena;
    struct node *nodes;
    size_t count, left;
    size_t acting[RANKS]; /* steps of the rank that have not acted */
    size_t first_ready[RANKS], last_ready[RANKS];
};

static void link_add(struct schedule *schedule, struct link **list, size_t step, bool healthy)
{
    struct link *link = arena_alloc(schedule->arena, sizeof *link);
    *link = (struct link){ step, healthy, *list };
    *list = link;
}

static void make_ready(struct schedule *schedule, size_t step)
{
    unsigned rank = schedule->nodes[step].rank;
    schedule->nodes[step].next_ready = SIZE_MAX;
    if (schedule->first_ready[rank] == SIZE_MAX)
        schedule->first_ready[rank] = step;
    else
        schedule->nodes[schedule->last_ready[rank]].next_ready = step;
    schedule->last_ready[rank] = step;
}

/* Raises ranks along edges, in topological order: nothing ranks below what it waits for. */
static void raise_ranks(struct schedule *schedule)
{
    size_t *queue = arena_array(schedule->arena, schedule->count, sizeof *queue);
    size_t *unmet = arena_array(schedule->arena, schedule->count, sizeof *unmet);
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < schedule->count; i++) {
        unmet[i] = schedule->nodes[i].unmet;
        if (unmet[i] == 0)
            queue[tail++] = i;
    }
    while (head < tail) {
        struct node *node = &schedule->nodes[queue[head++]];
        for (struct link *link = node->after; link; link = link->next) {
            struct node *behind = &schedule->nodes[link->step];
            if (behind->rank < node->rank)
                behind->rank = node->rank;
            if (--unmet[link->step] == 0)
                queue[tail++] = link->step;
        }
    }
}

struct schedule *schedule_new(struct arena *arena, const unsigned *ranks, size_t count,
                              const struct edge *edges, size_t edge_count)
{
    struct schedule *schedule = arena_alloc(arena, sizeof *schedule);
    *schedule = (struct schedule){ .arena = arena, .count = count, .left = count };
    schedule->nodes = arena_array(arena, count, sizeof *schedule->nodes);
    for (size_t i = 0; i < count; i++)
        schedule->nodes[i].rank = ranks[i] < RANKS ? ranks[i] : RANKS - 1;
    for (size_t i = 0; i < edge_count; i++) {
        link_add(schedule, &schedule->nodes[edges[i].before].after, edges[i].after,
                 edges[i].healthy);
        link_add(schedule, &schedule->nodes[edges[i].after].before, edges[i].before,
                 edges[i].healthy);
        schedule->nodes[edges[i].after].unmet++;
    }
    raise_ranks(schedule);
    for (unsigned rank = 0; rank < RANKS; rank++)
        schedule->first_ready[rank] = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        schedule->acting[schedule->nodes[i].rank]++;
        if (schedule->nodes[i].unmet == 0)
            make_ready(schedule, i);
    }
    return schedule;
}

bool schedule_next(struct schedule *schedule, size_t *ret_step)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        size_t step = schedule->first_ready[rank];
        if (step != SIZE_MAX) {
            schedule->first_ready[rank] = schedule->nodes[step].next_ready;
            schedule->nodes[step].state = STEP_RUNNING;
            *ret_step = step;
            return true;
        }
        if (schedule->acting[rank])
            return false;
    }
    return false;
}

static bool is_final(enum step_state state)
{
    return state >= STEP_DONE;
}

static void has_acted(struct schedule *schedule, size_t step)
{
    struct node *node = &schedule->nodes[step];
    if (node->state == STEP_WAITING || node->state == STEP_RUNNING)
        schedule->acting[node->rank]--;
}

/* Frees those behind it: by acting, or by being healthy. */
static void release(struct schedule *schedule, size_t step, bool healthy)
{
    for (struct link *link = schedule->nodes[step].after; link; link = link->next) {
        struct node *behind = &schedule->nodes[link->step];
        if (link->healthy == healthy && --behind->unmet == 0 && behind->state == STEP_WAITING)
            make_ready(schedule, link->step);
    }
}

void schedule_acted(struct schedule *schedule, size_t step)
{
    has_acted(schedule, step);
    schedule->nodes[step].state = STEP_ACTED;
    release(schedule, step, false);
}

void schedule_done(struct schedule *schedule, size_t step)
{
    if (schedule->nodes[step].state != STEP_ACTED)
        schedule_acted(schedule, step);
    schedule->nodes[step].state = STEP_DONE;
    schedule->left--;
    release(schedule, step, true);
}

static void finish(struct schedule *schedule, size_t step, enum step_state state)
{
    has_acted(schedule, step);
    schedule->nodes[step].state = state;
    schedule->left--;
}

void schedule_failed(struct schedule *schedule, size_t step, schedule_blocked *blocked,
                     void *context)
{
    size_t *stack = arena_array(schedule->arena, schedule->count, sizeof *stack);
    size_t depth = 0;
    finish(schedule, step, STEP_FAILED);
    stack[depth++] = step;
    while (depth) {
        size_t from = stack[--depth];
        for (struct link *link = schedule->nodes[from].after; link; link = link->next) {
            if (schedule->nodes[link->step].state != STEP_WAITING)
                continue;
            finish(schedule, link->step, STEP_BLOCKED);
            blocked(context, link->step, step);
            stack[depth++] = link->step;
        }
    }
}

enum step_state schedule_state(const struct schedule *schedule, size_t step)
{
    return schedule->nodes[step].state;
}

size_t schedule_left(const struct schedule *schedule)
{
    return schedule->left;
}

size_t schedule_waits_for(const struct schedule *schedule, size_t step)
{
    for (const struct link *link = schedule->nodes[step].before; link; link = link->next) {
        enum step_state state = schedule->nodes[link->step].state;
        if (!is_final(state) && (link->healthy || state != STEP_ACTED))
            return link->step;
    }
    return SIZE_MAX;
}
