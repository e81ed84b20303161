/* SPDX-License-Identifier: MIT
 *
 * Streams: what a state carries from call to call. Steps one by one, calls that follow each other, copies, several
 * states and threads, small room and large. */
#include "support/quiet.h"
#include "support/stream_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const double ROUNDING = 1e-13; /* a batch goes through matrix products, a single sequence does not */

/* ---- running ---- */

static void stepping_is_the_whole_sequence(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++)
        for (int k = 0; k < 4; k++) {
            double whole[ROWS * OUTPUTS], steps[ROWS * OUTPUTS];
            rnn_plan plan = plan_of(form, NULL);
            plan.noise = k < 2 ? 0.0 : 0.1; /* its stream goes on from step to step */
            plan.dtype = k % 2 ? PLAST_F32 : PLAST_F64;
            rnn r = rnn_make(&plan);
            plast_state *a = rnn_state(&r, SEQUENCES, STEPS, 5), *b = rnn_state(&r, SEQUENCES, 1, 5);
            const rnn_data all = part(0, STEPS, 0);
            rnn_run(&r, a, &all, whole);
            for (int64_t t = 0; t < STEPS; t++) {
                const plast_matrix in = plast_matrix_f64(x + t * SEQUENCES * INPUTS, SEQUENCES, INPUTS);
                const plast_matrix out = plast_output_f64(steps + t * SEQUENCES * OUTPUTS, SEQUENCES, OUTPUTS);
                net_ok(&r.net, plast_network_step(r.net.network, b, &in, &out));
            }
            assert_close(ROWS * OUTPUTS, steps, whole, k % 2 ? 1e-5 : ROUNDING);
            assert_int_equal(plast_state_sequences(b), SEQUENCES);
            plast_state_destroy(a);
            plast_state_destroy(b);
            rnn_free(&r);
        }
}

/* The first call with carry begins the stream; one without it begins anew. */
static void calls_that_follow_are_one_call(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++) {
        double whole[ROWS * OUTPUTS], parts[ROWS * OUTPUTS];
        const rnn_plan plan = plan_of(form, NULL);
        rnn r = rnn_make(&plan);
        plast_state *s = rnn_state(&r, SEQUENCES, STEPS, 0);
        const rnn_data all = part(0, STEPS, 0), first = part(0, 5, 1), rest = part(5, STEPS - 5, 1);
        rnn_run(&r, s, &all, whole);
        net_ok(&r.net, plast_state_reset(s));
        assert_int_equal(plast_state_sequences(s), 0);
        rnn_run(&r, s, &first, parts);
        rnn_run(&r, s, &rest, parts + (int64_t)5 * SEQUENCES * OUTPUTS);
        assert_close(ROWS * OUTPUTS, parts, whole, ROUNDING);
        rnn_run(&r, s, &all, parts);
        assert_same_bits(ROWS * OUTPUTS, parts, whole);
        const plast_report report = rnn_evaluate(&r, s, &all);
        net_ok(&r.net, plast_state_reset(s));
        const plast_report one = rnn_evaluate(&r, s, &first), two = rnn_evaluate(&r, s, &rest);
        assert_near((one.loss * 5.0 + two.loss * (STEPS - 5)) / STEPS, report.loss, 1e-14);
        plast_state_destroy(s);
        rnn_free(&r);
    }
}

/* States with room for few sequences or steps go through windows. */
static void small_room_is_large_room(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++)
        for (int64_t batch = 1; batch <= SEQUENCES + 1; batch++)
            for (int64_t steps = 1; steps <= STEPS; steps += 4) {
                double whole[ROWS * OUTPUTS], windows[ROWS * OUTPUTS];
                rnn_plan plan = plan_of(form, NULL);
                plan.activation = steps == 5 ? PLAST_SOFTPLUS : PLAST_TANH; /* unbounded ones are tried beforehand */
                rnn r = rnn_make(&plan);
                plast_state *small = rnn_state(&r, batch, steps, 0), *large = rnn_state(&r, SEQUENCES, STEPS, 0);
                const rnn_data all = part(0, STEPS, 0);
                rnn_run(&r, large, &all, whole);
                rnn_run(&r, small, &all, windows);
                assert_close(ROWS * OUTPUTS, windows, whole, ROUNDING);
                assert_near(rnn_evaluate(&r, small, &all).loss, rnn_evaluate(&r, large, &all).loss, 1e-14);
                plast_state_destroy(small);
                plast_state_destroy(large);
                rnn_free(&r);
            }
}

static void order_visits_sequences(void **unused)
{
    double whole[ROWS * OUTPUTS], ordered[2 * STEPS * OUTPUTS];
    const int32_t order[] = { 2, 0 };
    (void)unused;
    const rnn_plan plan = plan_of(PLAST_FORM_RATE, NULL);
    rnn r = rnn_make(&plan);
    const rnn_data all = part(0, STEPS, 0);
    rnn_run(&r, NULL, &all, whole);
    const plast_matrix in = plast_matrix_f64(x, ROWS, INPUTS), visits = plast_labels_i32(order, 2);
    const plast_matrix out = plast_output_f64(ordered, 2 * STEPS, OUTPUTS);
    const plast_data data = { PLAST_DATA, .inputs = &in, .order = &visits, .steps = STEPS };
    net_ok(&r.net, plast_network_run_data(r.net.network, NULL, &data, &out));
    for (int64_t t = 0; t < STEPS; t++)
        for (int64_t k = 0; k < 2; k++)
            assert_close(OUTPUTS, ordered + (t * 2 + k) * OUTPUTS, whole + (t * SEQUENCES + order[k]) * OUTPUTS,
                         ROUNDING);
    rnn_free(&r);
}

/* ---- get, set ---- */

static void carried_is_what_the_loops_carry(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++) {
        double p[MOST], out[ROWS * OUTPUTS], carried[2][SEQUENCES * 5];
        const rnn_plan plan = plan_of(form, NULL);
        rnn r = rnn_make(&plan);
        plast_state *s = rnn_state(&r, SEQUENCES, STEPS, 0);
        const rnn_data all = part(0, STEPS, 0);
        rnn_get(&r, p);
        rnn_run(&r, s, &all, out);
        get_carried(&r, s, carried);
        for (int64_t b = 0; b < SEQUENCES; b++) {
            naive_state state;
            naive_step step;
            naive_begin(&r.plan, p, &state);
            for (int64_t t = 0; t < STEPS; t++)
                naive_advance(&r.plan, p, x + (t * SEQUENCES + b) * INPUTS, &state, &step);
            assert_close(5, carried[0] + b * 5, state.s[0], ROUNDING);
            assert_close(4, carried[1] + b * 4, state.s[1], ROUNDING);
        }
        plast_state_destroy(s);
        rnn_free(&r);
    }
}

/* What is got and set elsewhere goes on as the stream does, bit for bit; layers that are not set start from 0. */
static void set_goes_on_as_got(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++) {
        double out[ROWS * OUTPUTS], again[ROWS * OUTPUTS], carried[2][SEQUENCES * 5], seen[2][SEQUENCES * 5];
        const rnn_plan plan = plan_of(form, NULL);
        rnn r = rnn_make(&plan);
        plast_state *a = rnn_state(&r, SEQUENCES, STEPS, 0), *b = rnn_state(&r, SEQUENCES, STEPS, 0);
        const rnn_data first = part(0, 5, 1), rest = part(5, STEPS - 5, 1);
        rnn_run(&r, a, &first, out);
        rnn_run(&r, b, &rest, out); /* of which nothing may be left */
        net_ok(&r.net, plast_state_reset(b));
        get_carried(&r, a, carried);
        for (int64_t l = 0; l < 2; l++) {
            const plast_matrix m = plast_matrix_f64(carried[l], SEQUENCES, r.plan.units[l]);
            net_ok(&r.net, plast_state_set(b, l, &m));
            get_carried(&r, b, seen);
            if (l == 0)
                for (int i = 0; i < SEQUENCES * 4; i++)
                    assert_true(seen[1][i] == 0.0);
        }
        assert_int_equal(plast_state_sequences(b), SEQUENCES);
        rnn_run(&r, a, &rest, out);
        rnn_run(&r, b, &rest, again);
        assert_same_bits((int64_t)(STEPS - 5) * SEQUENCES * OUTPUTS, again, out);
        plast_state_destroy(a);
        plast_state_destroy(b);
        rnn_free(&r);
    }
}

/* ---- learning ---- */

/* Learning in parts with carry is learning the whole with as many updates; bit for bit, for so are the updates. */
static void learning_in_parts(void **unused)
{
    static const char *const schemes[] = { "bptt", "eprop" };
    (void)unused;
    for (int s = 0; s < 2; s++)
        for (int32_t form = 0; form < FORMS; form++) {
            double whole[MOST], parts[MOST];
            rnn_plan plan = plan_of(form, schemes[s]);
            plan.noise = 0.05;
            rnn a = rnn_make(&plan), b = rnn_make(&plan);
            rnn_data all = part(0, STEPS, 0);
            all.update_every = 4;
            rnn_learn(&a, NULL, &all);
            for (int64_t first = 0; first < STEPS; first += 4) {
                const rnn_data one = part(first, 4, 1);
                rnn_learn(&b, NULL, &one);
            }
            rnn_get(&a, whole);
            rnn_get(&b, parts);
            assert_same_bits(rnn_size(&a), parts, whole);
            rnn_free(&a);
            rnn_free(&b);
        }
}

/* ---- random pieces ---- */

static rnn_plan random_plan(uint64_t seed, int *every)
{
    static const char *const schemes[] = { "bptt", "eprop" }, *const optimizers[] = { "sgd", "momentum", "adam" };
    double dice[8];
    int pick[8];
    fill_uniform(1000 + seed, 8, dice);
    for (int i = 0; i < 8; i++)
        pick[i] = (int)(600.0 * (1.0 + dice[i]));
    rnn_plan plan = plan_of(pick[0] % FORMS, schemes[pick[1] % 2]);
    plan.layers = 1 + pick[2] % 2;
    plan.activation = pick[3] % 3 ? PLAST_TANH : PLAST_SOFTPLUS;
    plan.noise = pick[4] % 2 ? 0.05 : 0.0;
    plan.optimizer = optimizers[pick[5] % 3];
    plan.dtype = pick[6] % 2 ? PLAST_F32 : PLAST_F64;
    plan.rate = 0.01;
    *every = 1 + pick[7] % 3;
    return plan;
}

/* One call over all steps, against pieces between which the stream moves from state to state by copies, other states
 * run, and the network makes room: the same bits. */
static void random_pieces(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        double dice[4 * STEPS], whole[MOST], pieces[MOST], out[ROWS * OUTPUTS];
        int every = 0;
        const rnn_plan plan = random_plan(seed, &every);
        rnn a = rnn_make(&plan), b = rnn_make(&plan);
        plast_state *s[] = { rnn_state(&b, SEQUENCES, STEPS, 0), rnn_state(&b, SEQUENCES + 1, STEPS, 9) };
        int64_t now = 0;
        if (seed % 2) {
            net_add_rule(&a.net, PLAST_HIDDEN_LAYERS, "oja", RATE(0.01));
            net_add_rule(&b.net, PLAST_HIDDEN_LAYERS, "oja", RATE(0.01));
        }
        if (seed % 5 == 0 && plan.temporal[0] == 'e') {
            net_ok(&a.net, plast_network_set_temporal_parameter(a.net.network, "self", 1.0));
            net_ok(&b.net, plast_network_set_temporal_parameter(b.net.network, "self", 1.0));
        }
        rnn_data all = part(0, STEPS, 1);
        all.update_every = every;
        all.sequences = seed % 3 == 0 ? 1 : SEQUENCES;
        rnn_learn(&a, NULL, &all);
        fill_uniform(seed, (int64_t)4 * STEPS, dice);
        for (int64_t first = 0, piece; first < STEPS; first += piece) {
            piece = every * (int64_t)(1.0 + 2.0 * (1.0 + dice[first]));
            piece = piece < STEPS - first ? piece : STEPS - first;
            rnn_data one = all;
            one.x = x + first * all.sequences * INPUTS;
            one.targets = targets + first * all.sequences * OUTPUTS;
            one.steps = piece;
            rnn_learn(&b, s[now], &one);
            if (dice[STEPS + first] > 0.0) {
                net_ok(&b.net, plast_state_copy(s[1 - now], s[now]));
                now = 1 - now;
                rnn_run(&b, s[1 - now], &one, out);
            }
            if (dice[2 * STEPS + first] > 0.0)
                rnn_run(&b, NULL, &all, out);
            if (dice[3 * STEPS + first] > 0.5)
                net_ok(&b.net, plast_network_prepare_steps(b.net.network, 3, 1 + first));
        }
        rnn_get(&a, whole);
        rnn_get(&b, pieces);
        assert_same_bits(rnn_size(&a), pieces, whole);
        for (int i = 0; i < 2; i++)
            plast_state_destroy(s[i]);
        rnn_free(&a);
        rnn_free(&b);
    }
}

/* A copy goes on as its original: noise, traces and weights, bit for bit. The two networks are twins, for both copies
 * would learn in one. `to` has been elsewhere before, and has other room. */
static void a_copy_forks_the_run(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++)
        for (int self = 0; self < 2; self++) {
            double start[MOST], mine[MOST], copys[MOST];
            rnn_plan plan = plan_of(form, NULL);
            plan.noise = 0.05;
            rnn r = rnn_make(&plan);
            rnn_temporal(&r, "eprop", (const setting[]){ { "self", self }, { NULL, 0.0 } });
            plast_state *a = rnn_state(&r, SEQUENCES, 4, 3), *b = rnn_state(&r, SEQUENCES + 2, 5, 9);
            const rnn_data first = part(0, 4, 1), rest = part(4, 4, 1), elsewhere = part(2, 5, 1);
            rnn_learn(&r, b, &elsewhere);
            rnn_learn(&r, a, &first);
            net_ok(&r.net, plast_state_copy(b, a));
            assert_int_equal(plast_state_sequences(b), SEQUENCES);
            rnn_get(&r, start);
            rnn_learn(&r, a, &rest);
            rnn_get(&r, mine);
            rnn_set(&r, start);
            rnn_learn(&r, b, &rest);
            rnn_get(&r, copys);
            assert_same_bits(rnn_size(&r), copys, mine);
            assert_true(difference(rnn_size(&r), mine, start) > 1e-4);
            plast_state_destroy(a);
            plast_state_destroy(b);
            rnn_free(&r);
        }
}

/* Traces of steps that were learned do not serve a stream that was run since, or set, or belongs to another scheme. */
static void traces_are_of_their_stream(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++)
        for (int kind = 0; kind < 5; kind++) {
            double p[MOST], fresh[MOST], found[MOST], out[ROWS * OUTPUTS], carried[2][SEQUENCES * 5];
            const rnn_plan plan = plan_of(form, "eprop");
            rnn r = rnn_make(&plan);
            plast_state *a = rnn_state(&r, SEQUENCES, STEPS, 0), *b = rnn_state(&r, SEQUENCES, STEPS, 0);
            const rnn_data first = part(0, 5, 1), middle = part(5, 2, 0), last = part(7, 5, 1);
            rnn_get(&r, p);
            rnn_learn(&r, a, &first);
            rnn_set(&r, p);
            if (kind == 1)
                rnn_learn(&r, a, &middle); /* the backward form: no traces */
            else if (kind < 4)
                rnn_run(&r, a, &middle, out);
            rnn_set(&r, p);
            if (kind == 2)
                rnn_temporal(&r, "eprop", NULL);
            get_carried(&r, a, carried);
            for (int64_t l = 0; l < 2; l++) {
                const plast_matrix m = plast_matrix_f64(carried[l], SEQUENCES, r.plan.units[l]);
                net_ok(&r.net, plast_state_set(b, l, &m));
                if (kind == 4) /* to what they are */
                    net_ok(&r.net, plast_state_set(a, l, &m));
            }
            if (kind == 3) { /* nor do those of a state to which it is copied */
                plast_state *c = rnn_state(&r, SEQUENCES, STEPS, 0);
                rnn_learn(&r, c, &first);
                net_ok(&r.net, plast_state_copy(c, a));
                plast_state_destroy(a);
                a = c;
            }
            learn_from(&r, a, p, &last, found);
            learn_from(&r, b, p, &last, fresh);
            assert_same_bits(rnn_size(&r), found, fresh);
            plast_state_destroy(a);
            plast_state_destroy(b);
            rnn_free(&r);
        }
}

/* Whole sequences leave traces behind where `traces` asks for them, and none where the backward form was enough. */
static void whole_sequences_carried_on(void **unused)
{
    (void)unused;
    for (int32_t form = 0; form < FORMS; form++)
        for (int traces = 0; traces < 2; traces++) {
            double p[MOST], found[MOST], always[MOST];
            const rnn_plan plan = plan_of(form, "eprop");
            rnn r = rnn_make(&plan);
            plast_state *a = rnn_state(&r, SEQUENCES, STEPS, 0), *b = rnn_state(&r, SEQUENCES, STEPS, 0);
            const rnn_data whole = part(0, 5, 0), begun = part(0, 5, 1), rest = part(5, 4, 1);
            net_ok(&r.net, plast_network_set_temporal_parameter(r.net.network, "traces", traces));
            rnn_get(&r, p);
            learn_from(&r, a, p, &whole, found);
            learn_from(&r, a, p, &rest, found);
            learn_from(&r, b, p, &begun, always);
            learn_from(&r, b, p, &rest, always);
            if (traces)
                assert_same_bits(rnn_size(&r), found, always);
            else
                assert_true(difference(rnn_size(&r), found, always) > 1e-6);
            plast_state_destroy(a);
            plast_state_destroy(b);
            rnn_free(&r);
        }
}

/* A new scheme leaves the stream; its traces begin at 0. */
static void streams_survive_another_scheme(void **unused)
{
    double p[MOST], out[ROWS * OUTPUTS], before[2][SEQUENCES * 5], after[2][SEQUENCES * 5], found[MOST], fresh[MOST];
    (void)unused;
    const rnn_plan plan = plan_of(PLAST_FORM_RATE, "eprop");
    rnn r = rnn_make(&plan);
    plast_state *a = rnn_state(&r, SEQUENCES, STEPS, 0), *b = rnn_state(&r, SEQUENCES, STEPS, 0);
    const rnn_data first = part(0, 5, 1), rest = part(5, 4, 1);
    rnn_get(&r, p);
    rnn_learn(&r, a, &first);
    get_carried(&r, a, before);
    rnn_temporal(&r, "bptt", NULL);
    rnn_temporal(&r, "eprop", NULL);
    get_carried(&r, a, after);
    assert_same_bits((int64_t)SEQUENCES * 5, after[0], before[0]);
    for (int64_t l = 0; l < 2; l++) {
        const plast_matrix m = plast_matrix_f64(before[l], SEQUENCES, r.plan.units[l]);
        net_ok(&r.net, plast_state_set(b, l, &m));
    }
    learn_from(&r, a, p, &rest, found);
    learn_from(&r, b, p, &rest, fresh);
    assert_same_bits(rnn_size(&r), found, fresh);
    rnn_run(&r, a, &rest, out);
    plast_state_destroy(a);
    plast_state_destroy(b);
    rnn_free(&r);
}

/* The network's own state grows with what it carries, and never loses room. */
static void a_larger_state_of_its_own_keeps_the_stream(void **unused)
{
    enum { MANY = 70 };
    double *many = new_array((int64_t)2 * MANY * 200 * INPUTS), *goals = new_array((int64_t)2 * MANY * 200 * OUTPUTS);
    double p[MOST], own[MOST], given[MOST];
    (void)unused;
    fill_uniform(7, (int64_t)2 * MANY * 200 * INPUTS, many);
    fill_uniform(8, (int64_t)2 * MANY * 200 * OUTPUTS, goals);
    const rnn_plan plan = plan_of(PLAST_FORM_RATE, "eprop");
    rnn r = rnn_make(&plan);
    plast_state *s = rnn_state(&r, MANY, 200, 0), *then = NULL, *now = NULL;
    rnn_data d = { .sequences = MANY, .steps = 1, .x = many, .targets = goals, .carry = 1 };
    rnn_get(&r, p);
    rnn_learn(&r, NULL, &d);
    rnn_set(&r, p);
    rnn_learn(&r, s, &d);
    d.steps = 3; /* more rows than there are */
    learn_from(&r, NULL, p, &d, own);
    learn_from(&r, s, p, &d, given);
    assert_same_bits(rnn_size(&r), own, given);
    d.sequences = 1;
    d.steps = 300;
    d.carry = 0;
    double out[300 * OUTPUTS];
    learn_from(&r, NULL, p, &d, own); /* fewer sequences, more rows: the state that carries 70 is replaced */
    rnn_run(&r, NULL, &d, out);
    d.sequences = MANY;
    d.steps = 1;
    d.carry = 0;
    net_ok(&r.net, plast_network_state(r.net.network, &then));
    rnn_learn(&r, NULL, &d);
    net_ok(&r.net, plast_network_state(r.net.network, &now));
    assert_ptr_equal(then, now);
    plast_state_destroy(s);
    rnn_free(&r);
    free(many);
    free(goals);
}

/* As if just made: noise and all. */
static void reset_begins_anew(void **unused)
{
    double once[MOST], again[MOST];
    (void)unused;
    rnn_plan plan = plan_of(PLAST_FORM_VOLTAGE, "eprop");
    plan.noise = 0.1;
    plan.no_bias = plan.zero_initial = 1;
    rnn r = rnn_make(&plan);
    rnn_data d = part(0, STEPS, 1);
    d.update_every = 3;
    rnn_learn(&r, NULL, &d);
    rnn_get(&r, once);
    net_ok(&r.net, plast_network_reset(r.net.network, 11));
    rnn_learn(&r, NULL, &d);
    rnn_get(&r, again);
    assert_same_bits(rnn_size(&r), again, once);
    rnn_free(&r);
}

/* ---- several states, several threads ---- */

typedef struct runner {
    rnn *shared;
    uint64_t seed;
    plast_status status;
    double out[ROWS * OUTPUTS];
} runner;

static void *run_alone(void *argument)
{
    runner *w = argument;
    plast_context *context = NULL;
    plast_state *state = NULL;
    const plast_state_options options = { PLAST_STATE_OPTIONS, .batch = SEQUENCES, .seed = w->seed };
    w->status = plast_context_create(NULL, &context);
    if (w->status == PLAST_OK)
        w->status = plast_state_create(context, w->shared->net.network, &options, &state);
    for (int64_t t = 0; w->status == PLAST_OK && t < STEPS; t++) {
        const plast_matrix in = plast_matrix_f64(x + t * SEQUENCES * INPUTS, SEQUENCES, INPUTS);
        const plast_matrix out = plast_output_f64(w->out + t * SEQUENCES * OUTPUTS, SEQUENCES, OUTPUTS);
        w->status = plast_network_step(w->shared->net.network, state, &in, &out);
    }
    plast_state_destroy(state);
    plast_context_destroy(context);
    return NULL;
}

static void states_do_not_meet(void **unused)
{
    (void)unused;
    rnn_plan plan = plan_of(PLAST_FORM_INSIDE, NULL);
    plan.noise = 0.1;
    rnn r = rnn_make(&plan);
    net_ok(&r.net, plast_network_prepare(r.net.network, SEQUENCES));
    runner alone[2] = { { .shared = &r, .seed = 1 }, { .shared = &r, .seed = 2 } }, together[2];
    pthread_t thread[2];
    memcpy(together, alone, sizeof together);
    for (int i = 0; i < 2; i++)
        (void)run_alone(&alone[i]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, run_alone, &together[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(alone[i].status, PLAST_OK);
        assert_int_equal(together[i].status, PLAST_OK);
        assert_same_bits(ROWS * OUTPUTS, together[i].out, alone[i].out);
    }
    assert_true(difference(ROWS * OUTPUTS, alone[0].out, alone[1].out) > 1e-3); /* other seeds, other noise */
    rnn_free(&r);
}

/* Two streams in turn are each as alone. */
static void streams_in_turn(void **unused)
{
    double alone[2][STEPS * OUTPUTS], turns[2][STEPS * OUTPUTS];
    (void)unused;
    const rnn_plan plan = plan_of(PLAST_FORM_CURRENT, NULL);
    rnn r = rnn_make(&plan);
    plast_state *s[2];
    for (int i = 0; i < 2; i++) {
        const rnn_data d = { .sequences = 1, .steps = STEPS, .x = x + i * STEPS * INPUTS };
        rnn_run(&r, NULL, &d, alone[i]);
        s[i] = rnn_state(&r, 1, 1, 0);
    }
    for (int64_t t = 0; t < STEPS; t++)
        for (int i = 0; i < 2; i++) {
            const plast_matrix in = plast_matrix_f64(x + (i * STEPS + t) * INPUTS, 1, INPUTS);
            const plast_matrix out = plast_output_f64(turns[i] + t * OUTPUTS, 1, OUTPUTS);
            net_ok(&r.net, plast_network_step(r.net.network, s[i], &in, &out));
        }
    for (int i = 0; i < 2; i++) {
        assert_close(STEPS * OUTPUTS, turns[i], alone[i], ROUNDING);
        plast_state_destroy(s[i]);
    }
    rnn_free(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        quiet_test(stepping_is_the_whole_sequence),
        quiet_test(calls_that_follow_are_one_call),
        quiet_test(small_room_is_large_room),
        quiet_test(order_visits_sequences),
        quiet_test(carried_is_what_the_loops_carry),
        quiet_test(set_goes_on_as_got),
        quiet_test(learning_in_parts),
        quiet_test(random_pieces),
        quiet_test(a_copy_forks_the_run),
        quiet_test(traces_are_of_their_stream),
        quiet_test(whole_sequences_carried_on),
        quiet_test(streams_survive_another_scheme),
        quiet_test(a_larger_state_of_its_own_keeps_the_stream),
        quiet_test(reset_begins_anew),
        quiet_test(states_do_not_meet),
        quiet_test(streams_in_turn),
    };
    return cmocka_run_group_tests(tests, fill_data, NULL);
}
