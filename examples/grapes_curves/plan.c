/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <math.h>
#include <stdlib.h>

const struct activation plan_activations[ACTIVATIONS] = { { "ReLU", PLAST_RELU, PLAST_INIT_HE_UNIFORM },
                                                          { "tanh", PLAST_TANH, PLAST_INIT_XAVIER_UNIFORM } };

const struct scheme plan_schemes[FEEDBACKS] = { { "backprop", "backprop", false, false },
                                                { "fa", "fa", true, false },
                                                { "dfa", "dfa", true, true } };

const char *const plan_version_names[] = { "local", "propagating", "per synapse" };

static const int depths[DEPTHS] = { 1, 3, 5, 10 };

/* Rather low: above the rates at which a network learns, all are alike bad, and the search would not find back. The
 * propagating version multiplies the lowest layers' rates by nearly 2 for each layer above. */
static double guess(const struct cell *cell)
{
    const double usual = cell->depth < 10 ? 0.05 : 0.0125;
    if (cell->kind == GRAPES_PLAIN)
        return usual;
    return cell->version == GRAPES_PROPAGATING ? ldexp(usual, -(1 + cell->depth / 2)) : usual / 2.0;
}

static void add(struct plan *plan, struct cell cell)
{
    cell.scan = rate_scan_begin(guess(&cell));
    plan->cells[plan->cell_count++] = cell;
}

/* With one hidden layer the propagating version is the local one, and that per synapse is plain. */
static void add_versions(struct plan *plan, struct cell cell)
{
    add(plan, cell);
    for (int version = GRAPES_LOCAL; version <= GRAPES_PROPAGATING; version++)
        for (int kind = GRAPES_RATE; kind <= GRAPES_FULL; kind++) {
            cell.version = (enum grapes_version)version;
            cell.kind = (enum grapes_kind)kind;
            if (version == GRAPES_LOCAL || (cell.depth > 1 && !plan_schemes[cell.scheme].direct))
                add(plan, cell);
        }
    cell.version = GRAPES_PER_SYNAPSE;
    if (cell.depth > 1 && plan_schemes[cell.scheme].direct)
        add(plan, cell);
}

static void add_cells(struct plan *plan, bool every, bool quick)
{
    for (int activation = 0; activation < ACTIVATIONS; activation++)
        for (int scheme = 0; scheme < FEEDBACKS; scheme++)
            for (int i = 0; i < DEPTHS; i++)
                if ((scheme == 0 && !quick) || every || depths[i] == 3)
                    add_versions(plan, (struct cell){ .activation = activation, .scheme = scheme, .depth = depths[i] });
}

int plan_make(const struct sizes *sizes, bool every, bool quick, struct plan *plan, struct message *message)
{
    *plan = (struct plan){ .sizes = *sizes };
    add_cells(plan, every, quick);
    plan->runs = calloc((size_t)plan->cell_count * (size_t)sizes->seeds, sizeof *plan->runs);
    if (plan->runs == NULL)
        return message_set(message, "out of memory for the plan");
    for (int i = 0; i < plan->cell_count; i++)
        plan->cells[i].runs = plan->runs + (ptrdiff_t)i * sizes->seeds;
    return 0;
}

void plan_free(struct plan *plan)
{
    free(plan->runs);
    *plan = (struct plan){ .cell_count = 0 };
}

const struct cell *plan_beside(const struct plan *plan, const struct cell *cell, enum grapes_kind kind)
{
    for (int i = 0; i < plan->cell_count; i++) {
        const struct cell *other = &plan->cells[i];
        if (other->activation == cell->activation && other->scheme == cell->scheme && other->depth == cell->depth &&
            other->kind == kind && (kind == GRAPES_PLAIN || other->version == cell->version))
            return other;
    }
    return NULL;
}

void plan_match(struct plan *plan)
{
    for (int i = 0; i < plan->cell_count; i++)
        if (plan->cells[i].kind == GRAPES_RATE)
            plan->cells[i].scan = plan_beside(plan, &plan->cells[i], GRAPES_MEAN)->scan;
}

static struct summary over_seeds(const struct plan *plan, const struct cell *cell, const struct cell *other,
                                 double (*value)(const struct plan *, const struct run *))
{
    double values[MOST_SEEDS];
    for (int seed = 0; seed < plan->sizes.seeds; seed++)
        values[seed] = value(plan, &cell->runs[seed]) - (other != NULL ? value(plan, &other->runs[seed]) : 0.0);
    return summarise(values, plan->sizes.seeds);
}

double plan_last(const double *accuracy, int epochs)
{
    return epochs < 2 ? accuracy[0] : (accuracy[epochs - 2] + accuracy[epochs - 1]) / 2.0;
}

static double last_accuracy(const struct plan *plan, const struct run *run)
{
    return plan_last(run->accuracy, plan->sizes.epochs);
}

static double slowness(const struct plan *plan, const struct run *run)
{
    (void)plan;
    return run->slowness;
}

static double log_slowness(const struct plan *plan, const struct run *run)
{
    (void)plan;
    return run->slowness > 0.0 ? log(run->slowness) : (double)NAN;
}

struct summary plan_accuracy(const struct plan *plan, const struct cell *cell)
{
    return over_seeds(plan, cell, NULL, last_accuracy);
}

struct summary plan_slowness(const struct plan *plan, const struct cell *cell)
{
    return over_seeds(plan, cell, NULL, slowness);
}

int plan_diverged(const struct plan *plan, const struct cell *cell)
{
    int diverged = 0;
    for (int seed = 0; seed < plan->sizes.seeds; seed++)
        diverged += cell->runs[seed].diverged;
    return diverged;
}

struct summary plan_lead(const struct plan *plan, const struct cell *cell, const struct cell *other)
{
    return over_seeds(plan, cell, other, last_accuracy);
}

struct summary plan_slower(const struct plan *plan, const struct cell *cell, const struct cell *other)
{
    return over_seeds(plan, cell, other, log_slowness);
}
