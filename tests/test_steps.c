/* SPDX-License-Identifier: MIT
 *
 * Momentum, Nesterov's momentum, RMSProp and AdamW: steps worked out by hand and by PyTorch, moments when parameters
 * change, and the matrices of feedback schemes, which step alike. */
#include "support/nets.h"
#include "support/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set(const net *net, const char *parameter, double value)
{
    net_ok(net, plast_network_set_optimizer_parameter(net->network, parameter, value));
}

/* ---- by hand ---- */

/* y = w x + b from w = 1, b = 1/2, rate 0.1, loss (y - t)^2 / 2: the gradient is (y - t) x for w, and y - t for b. */
enum { HAND = 5 };
static const double hand_x[HAND] = { 1.0, 2.0, -0.5, 1.5, -1.0 }, hand_t[HAND] = { 0.0, -1.0, 1.0, 0.25, 2.0 };

/* w and b after each step, from the formulas of optimizer.h and the default parameters in 60 decimal digits, by
 * Python's decimal module. Those of momentum and Nesterov are all their digits: y - t = 1.5, 3.05, ... */
static const struct {
    const char *optimizer;
    double after[HAND][2];
} hand[] = {
    { "momentum",
      { { 0.85, 0.35 },
        { 0.105, -0.09 },
        { -0.622625, -0.37175 },
        { -1.044134375, -0.46975625 },
        { -1.566055, -0.4153996875 } } },
    { "nesterov",
      { { 0.715, 0.215 },
        { -0.4116, -0.40905 },
        { -1.06374875, -0.5040275 },
        { -0.926885946875, -0.25136613125 },
        { -1.37256349346875, 0.01621177940625 } } },
    { "rmsprop",
      { { 6.666666222222e-8, -0.49999993333333777778 },
        { -0.55663039600713055138, -0.81766049638895383120 },
        { -0.95210876012331434302, -0.11667585027983052293 },
        { -0.14028855196183158216, 0.51807277433458347283 },
        { -0.51693918692563458228, 0.94850161781193483785 } } },
    { "adamw",
      { { 0.89900000066666666222, 0.40000000066666666222 },
        { 0.81035913842666606881, 0.30418052855635806187 },
        { 0.73662410823454463818, 0.25249054956944144810 },
        { 0.66375344465529066620, 0.19525144156706967504 },
        { 0.58714948419927381906, 0.18391168963279597107 } } },
};
enum { KINDS = sizeof hand / sizeof hand[0] };

static net scalar(const char *optimizer, int32_t dtype)
{
    const double weight = 1.0, bias = 0.5;
    const net_plan plan = { .dtype = dtype,
                            .inputs = 1,
                            .layers = 1,
                            .units = { 1 },
                            .output = PLAST_LINEAR,
                            .optimizer = optimizer,
                            .rate = 0.1 };
    net net = net_make(&plan);
    net_set_weights(&net, 0, &weight);
    net_set_bias(&net, 0, &bias);
    return net;
}

/* Steps in a row, and one by one. 3e-15 and 2e-6 are a dozen roundings of numbers near 1. */
static void by_hand(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++)
        for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
            net loop = scalar(hand[k].optimizer, dtype);
            for (int steps = 1; steps <= HAND; steps++) {
                net net = scalar(hand[k].optimizer, dtype);
                const net_data all = { .n = steps, .x = hand_x, .targets = hand_t, .batch = 1 };
                const net_data last = { .n = 1, .x = hand_x + steps - 1, .targets = hand_t + steps - 1, .batch = 1 };
                net_learn(&net, &all);
                net_learn(&loop, &last);
                double *found = net_all(&net);
                for (int i = 0; i < 2; i++)
                    assert_near(found[i], hand[k].after[steps - 1][i], dtype == PLAST_F64 ? 3e-15 : 2e-6);
                assert_same_nets(&net, &loop);
                free(found);
                net_free(&net);
            }
            net_free(&loop);
        }
}

/* ---- PyTorch ---- */

enum { TORCH_SAMPLES = 6, TORCH_SIZE = 14 };

/* 3-2-2, tanh and linear, half the squared error averaged over the minibatch, rows 0 to 5 of x and t once, one by one
 * and in twos; PyTorch 1.13.0 in float64: SGD(lr=0.25, momentum=0.75), the same with nesterov=True, RMSprop(lr=0.05,
 * alpha=0.875, eps=1e-3), AdamW(lr=0.05, betas=(0.75, 0.875), eps=1e-3, weight_decay=0.1 for weights, 0 for biases). */
static const struct {
    const char *optimizer;
    const char *names[5];
    double values[5];
    double after[2][TORCH_SIZE]; /* W1, b1, W2, b2 */
} torch[] = {
    { "momentum",
      { "rate", "mu" },
      { 0.25, 0.75 },
      { { 0.56973238855546793, -0.067433604482416781, 0.44272063363282799, -0.31536469793244509, 0.68633924330628604,
          0.14590271899839283, 0.23614506357195444, -0.51143134664029122, 0.6656270305234433, -0.30590197098031957,
          0.20858427391514694, 0.16685800860886735, 0.12173373966658121, 0.47967578277050449 },
        { 0.52743675030378323, -0.18879392115734667, 0.64068168897424549, -0.43761456291420636, 0.87351817852558433,
          0.21441656665890599, 0.1975199716704405, -0.37043963392769896, 0.90749082389943403, -0.4470560699480326,
          0.28797649926256541, 0.52794955172349667, 0.081013649687679601, 0.49683412047690151 } } },
    { "nesterov",
      { "rate", "mu" },
      { 0.25, 0.75 },
      { { 0.52491509989833141, -0.05274252111818005, 0.38331555361563691, -0.22456602612872581, 0.62910505139999795,
          0.21459589409520369, 0.19560743281258808, -0.47376704896958949, 0.5095087733300433, -0.20311163996986914,
          0.12639325306287658, 0.036931951473571319, 0.02322842662887678, 0.40311252433876427 },
        { 0.52910739713405919, -0.15845995257501613, 0.61804934778639076, -0.43871035115242413, 0.83630199863989452,
          0.196574735284094, 0.20558540276090459, -0.40142497889072615, 0.87765581635419043, -0.40750499197720269,
          0.29541687421708468, 0.45973627652746613, 0.094435437134002223, 0.51182002533483617 } } },
    { "rmsprop",
      { "rate", "alpha", "epsilon" },
      { 0.05, 0.875, 1e-3 },
      { { 0.55526230068602644, -0.28159751157536694, 0.5156578135251122, -0.26766487313253801, 0.5063533081363446,
          0.19731188388090176, 0.13771853055039393, -0.41568100575975975, 0.71530017028201887, -0.56776170757372824,
          0.21960388701424624, 0.4418732146802371, 0.011372672212130151, 0.48993121648785337 },
        { 0.57328289855703463, -0.23033623537250647, 0.50565340183630425, -0.43217446234887885, 0.66186916437338195,
          0.062045482833670382, 0.16123857547029194, -0.26280082256852016, 0.68243738230672246, -0.36803669950212936,
          0.34368148133755994, 0.57120230465644828, 0.020056794578291105, 0.54579609445735244 } } },
    { "adamw",
      { "rate", "beta1", "beta2", "epsilon", "decay" },
      { 0.05, 0.75, 0.875, 1e-3, 0.1 },
      { { 0.60380654353210694, -0.24804036778412503, 0.55381077328085848, -0.33768044799186853, 0.71642723634692529,
          0.16663987511116335, 0.1430976720248773, -0.35241781185502391, 0.79491945591745017, -0.49357298109879616,
          0.2445859787579836, 0.53822568600191645, 0.0024944493306898637, 0.49606807674824333 },
        { 0.552330192476296, -0.23071322751438819, 0.59723580173073465, -0.42658030263479613, 0.83673658181094157,
          0.15353731081620239, 0.13105048327063296, -0.26498612625164381, 0.83942624918834496, -0.45093519343465482,
          0.29676373261476524, 0.63621692525876128, 0.0044096849680316796, 0.5216044262986187 } } },
};

static void torch_samples(double *x, double *t)
{
    for (int i = 0; i < TORCH_SAMPLES; i++) {
        for (int j = 0; j < 3; j++)
            x[i * 3 + j] = (double)((i * 7 + j * 5) % 11 - 4) / 8.0;
        for (int j = 0; j < 2; j++)
            t[i * 2 + j] = (double)((i * 3 + j) % 5) / 4.0;
    }
}

static net torch_net(int k, int32_t dtype)
{
    static const double w1[] = { 0.5, -0.25, 0.75, -0.5, 1.0, 0.25 }, b1[] = { 0.125, -0.25 };
    static const double w2[] = { 1.0, -0.5, 0.25, 0.75 }, b2[] = { 0.0, 0.5 };
    const net_plan plan = { .dtype = dtype,
                            .inputs = 3,
                            .layers = 2,
                            .units = { 2, 2 },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .optimizer = torch[k].optimizer,
                            .rate = 1.0 };
    net net = net_make(&plan);
    net_set_weights(&net, 0, w1);
    net_set_bias(&net, 0, b1);
    net_set_weights(&net, 1, w2);
    net_set_bias(&net, 1, b2);
    for (int i = 0; i < 5 && torch[k].names[i] != NULL; i++)
        set(&net, torch[k].names[i], torch[k].values[i]);
    return net;
}

/* 1e-14 and 1e-5: some dozen roundings of numbers near 1, which RMSProp and AdamW, dividing by small roots, enlarge. */
static void agrees_with_pytorch(void **state)
{
    double x[TORCH_SAMPLES * 3], t[TORCH_SAMPLES * 2];
    (void)state;
    torch_samples(x, t);
    for (int k = 0; k < KINDS; k++)
        for (int64_t batch = 1; batch <= 2; batch++)
            for (int32_t dtype = PLAST_F32; dtype <= PLAST_F64; dtype++) {
                const net_data data = { .n = TORCH_SAMPLES, .x = x, .targets = t, .batch = batch };
                net net = torch_net(k, dtype);
                assert_int_equal(net_size(&net), TORCH_SIZE);
                net_learn(&net, &data);
                double *found = net_all(&net);
                assert_close(TORCH_SIZE, found, torch[k].after[batch - 1], dtype == PLAST_F64 ? 1e-14 : 1e-5);
                free(found);
                net_free(&net);
            }
}

/* ---- moments ---- */

/* Without its memory each is the step of its formula: momentum and Nesterov plain SGD, RMSProp the sign. */
static void no_memory_is_plain(void **state)
{
    static const struct {
        const char *optimizer, *memory;
    } cases[] = { { "momentum", "mu" }, { "nesterov", "mu" }, { "rmsprop", "alpha" } };
    double x[TORCH_SAMPLES * 3], t[TORCH_SAMPLES * 2];
    (void)state;
    torch_samples(x, t);
    for (int k = 0; k < 3; k++)
        for (int64_t batch = 1; batch <= 3; batch += 2) {
            const net_data data = { .n = TORCH_SAMPLES, .x = x, .targets = t, .batch = batch };
            net net = torch_net(k, PLAST_F64), plain = torch_net(k, PLAST_F64);
            net_optimizer(&net, cases[k].optimizer, 0.1);
            set(&net, cases[k].memory, 0.0);
            net_optimizer(&plain, "sgd", 0.1);
            if (k == 2) {
                set(&net, "epsilon", 1e-300);
                set(&plain, "manhattan", 1.0);
            }
            net_learn(&net, &data);
            net_learn(&plain, &data);
            double *a = net_all(&net), *b = net_all(&plain);
            assert_close(TORCH_SIZE, a, b, 1e-14);
            free(a);
            free(b);
            net_free(&net);
            net_free(&plain);
        }
}

/* rate and mu may change between calls; the moment stays. By the formula, for one weight and one bias. */
static void parameters_change_moments_stay(void **state)
{
    static const double rates[HAND] = { 0.1, 0.02, 0.3, 0.05, 0.1 }, mus[HAND] = { 0.9, 0.5, 0.0, 0.75, 0.99 };
    (void)state;
    for (int ahead = 0; ahead < 2; ahead++) {
        double p[2] = { 1.0, 0.5 }, m[2] = { 0.0, 0.0 };
        net net = scalar(ahead ? "nesterov" : "momentum", PLAST_F64);
        for (int t = 0; t < HAND; t++) {
            const double s = p[0] * hand_x[t] + p[1] - hand_t[t], g[2] = { s * hand_x[t], s };
            const net_data one = { .n = 1, .x = hand_x + t, .targets = hand_t + t, .batch = 1 };
            set(&net, "rate", rates[t]);
            set(&net, "mu", mus[t]);
            net_learn(&net, &one);
            for (int i = 0; i < 2; i++) {
                m[i] = mus[t] * m[i] + g[i];
                p[i] -= rates[t] * (ahead ? g[i] + mus[t] * m[i] : m[i]);
            }
            double *found = net_all(&net);
            assert_near(found[0], p[0], 3e-15);
            assert_near(found[1], p[1], 3e-15);
            free(found);
        }
        net_free(&net);
    }
}

/* Huge gradients while rate and mu jump about: what is accepted leaves finite weights, and something is. The moment may
 * be much larger than mu's present value lets it become. */
static void no_moment_overflows(void **state)
{
    static const char *const optimizers[] = { "momentum", "nesterov" };
    int accepted = 0, refused = 0;
    double bits[3 * 4000];
    (void)state;
    fill_uniform(1, 3 * 4000, bits);
    for (int i = 0; i < 4000; i += 40) {
        const net_plan plan = { .dtype = PLAST_F32,
                                .inputs = 1,
                                .layers = 1,
                                .units = { 1 },
                                .no_bias = i / 40 % 2,
                                .optimizer = optimizers[i / 80 % 2],
                                .rate = 1.0 };
        net net = net_make(&plan);
        for (int k = i; k < i + 40; k++) {
            const double x[2] = { 1.0, 1.0 }, size = ldexp(1.0, 116 + (int)(6.0 * bits[3 * k])), t[2] = { size, size };
            const net_data data = { .n = 1 + k % 2, .x = x, .targets = t, .batch = 2 };
            set(&net, "rate", pow(8.0, 2.0 * bits[3 * k + 1] - 1.0));
            set(&net, "mu", bits[3 * k + 2] > 0.9 ? 0.5 : 0.9990234375);
            const plast_status status = net_try_learn(&net, &data, NULL);
            accepted += status == PLAST_OK;
            refused += status == PLAST_E_NOT_FINITE;
            double *found = net_all(&net);
            assert_true(isfinite(found[0]) && isfinite(found[net_size(&net) - 1]));
            free(found);
        }
        net_free(&net);
    }
    assert_int_equal(accepted + refused, 4000);
    assert_true(accepted > 400 && refused > 400);
}

/* 20 gradients of 3e36 make a moment of 2.6e37 at mu 0.9. At mu 0.5, at which it could have been 6e36 only, and rate 25
 * the next step would be 4e38: no float. */
static void moments_outlive_mu(void **state)
{
    const net_plan plan = { .dtype = PLAST_F32,
                            .inputs = 1,
                            .layers = 1,
                            .units = { 1 },
                            .no_bias = 1,
                            .init = PLAST_INIT_ZERO,
                            .optimizer = "momentum",
                            .rate = 1e-30 };
    const double x = 1.0, t = -3e36;
    const net_data data = { .n = 1, .x = &x, .targets = &t, .batch = 1 };
    (void)state;
    net net = net_make(&plan);
    for (int i = 0; i < 20; i++)
        net_learn(&net, &data);
    double *before = net_all(&net);
    set(&net, "mu", 0.5);
    set(&net, "rate", 25.0);
    assert_int_equal(net_try_learn(&net, &data, NULL), PLAST_E_NOT_FINITE);
    double *after = net_all(&net);
    assert_true(isfinite(after[0]) && after[0] == before[0]);
    free(before);
    free(after);
    net_free(&net);
}

/* ---- feedback schemes ---- */

enum { DEEP = 3, WIDE = 7, IN = 5, MANY = 12 };
static const char *const all_kinds[] = { "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw" };
enum { ALL_KINDS = sizeof all_kinds / sizeof all_kinds[0] };

static plast_synapses *group_of(const net *net, int32_t layer, const char *name)
{
    plast_layer *l = NULL;
    plast_synapses *group = NULL;
    net_ok(net, plast_network_layer(net->network, layer, &l));
    net_ok(net, plast_layer_synapses(l, name, &group));
    return group;
}

static void get(const net *net, int32_t layer, const char *name, double *weights)
{
    plast_matrix view;
    plast_synapses *group = group_of(net, layer, name);
    net_ok(net, plast_synapses_view(group, &view));
    const plast_matrix out = plast_output_f64(weights, view.rows, view.cols);
    net_ok(net, plast_synapses_get_weights(group, &out));
}

static net deep(const char *optimizer, double rate, const char *scheme, double decay)
{
    const net_plan plan = { .dtype = PLAST_F64,
                            .inputs = IN,
                            .layers = DEEP,
                            .units = { WIDE, WIDE, WIDE },
                            .hidden = PLAST_TANH,
                            .output = PLAST_LINEAR,
                            .seed = 3,
                            .optimizer = optimizer,
                            .rate = rate };
    net net = net_make(&plan);
    plast_feedback *feedback = NULL;
    net_ok(&net, plast_feedback_create(net.context, scheme, &feedback));
    net_ok(&net, plast_feedback_set(feedback, "decay", decay));
    net_ok(&net, plast_network_set_feedback(net.network, PLAST_HIDDEN_LAYERS, feedback));
    plast_feedback_destroy(feedback);
    return net;
}

/* W - B^T of the layer and the one below. */
static void mismatch(const net *net, int32_t layer, double *d)
{
    double w[WIDE * WIDE], b[WIDE * WIDE];
    get(net, layer, NULL, w);
    get(net, layer - 1, "feedback", b);
    for (int i = 0; i < WIDE; i++)
        for (int j = 0; j < WIDE; j++)
            d[i * WIDE + j] = w[i * WIDE + j] - b[j * WIDE + i];
}

static void check_shrinks(const char *optimizer, const char *shaping, int64_t batch)
{
    const double decay = 0.02, rate = 0.01, of_adamw = strcmp(optimizer, "adamw") == 0 ? 0.5 : 0.0;
    double x[MANY * IN], t[MANY * WIDE], before[DEEP][WIDE * WIDE], after[WIDE * WIDE], w[WIDE * WIDE], w0[WIDE * WIDE];
    net net = deep(optimizer, rate, "kolen_pollack", decay);
    fill_uniform(5, MANY * IN, x);
    fill_uniform(6, MANY * WIDE, t);
    if (of_adamw > 0.0)
        set(&net, "decay", of_adamw);
    if (shaping != NULL)
        set(&net, shaping, 1.0);
    for (int i = 0; i + batch <= MANY; i += (int)batch) {
        const net_data data = { .n = batch, .x = x + i * IN, .targets = t + i * WIDE, .batch = batch };
        for (int32_t l = 1; l < DEEP; l++)
            mismatch(&net, l, before[l]);
        get(&net, 1, NULL, w0);
        net_learn(&net, &data);
        get(&net, 1, NULL, w);
        assert_true(difference(WIDE * WIDE, w, w0) > 1e-4); /* something is learned */
        for (int32_t l = 1; l < DEEP; l++) {
            mismatch(&net, l, after);
            for (int k = 0; k < WIDE * WIDE; k++)
                before[l][k] *= 1.0 - decay - rate * of_adamw;
            assert_close(WIDE * WIDE, after, before[l], 4e-15); /* roundings of W and B */
        }
    }
    net_free(&net);
}

/* A feedback matrix takes its partner's very step, so the mismatch decays as if nothing were learned. */
static void kolen_pollack_shrinks_the_mismatch(void **state)
{
    static const char *const shapings[] = { NULL, "clip_norm", "clip_value", "manhattan" };
    (void)state;
    for (int k = 0; k < ALL_KINDS; k++)
        for (int s = 0; s < 4; s++)
            for (int64_t batch = 1; batch <= 4; batch += 3)
                check_shrinks(all_kinds[k], shapings[s], batch);
}

/* The first updates of one sample over and over at a rate so small that its gradient stays: the second and third step
 * are known multiples of the first, in every group by moments of its own. */
static void check_steps(int32_t layer, const char *name, const char *optimizer, double share)
{
    const double rate = 1e-7;
    double x[IN], t[WIDE], w[4][WIDE * WIDE];
    const int ball = strcmp(optimizer, "momentum") == 0, w_decays = strcmp(optimizer, "adamw") == 0;
    const double grows[] = { 1.0, ball ? 1.9 : 1.0, ball ? 2.71 : 1.0 };
    const net_data data = { .n = 1, .x = x, .targets = t, .batch = 1 };
    net net = deep(optimizer, rate, "circuit", 0.0);
    fill_uniform(7, IN, x);
    fill_uniform(8, WIDE, t);
    if (w_decays)
        set(&net, "decay", 0.5);
    for (int k = 0; k < 4; k++) {
        get(&net, layer, name, w[k]);
        net_learn(&net, &data);
    }
    for (int i = 0; i < WIDE * WIDE; i++) {
        const double lost = w_decays ? rate * share * 0.5 * w[0][i] : 0.0, first = w[1][i] - w[0][i] + lost;
        if (!ball)
            assert_near(fabs(first), rate * share, 1e-3 * rate * share); /* epsilon beside the gradient */
        for (int k = 0; k < 3; k++)
            assert_near(w[k + 1][i] - w[k][i] + lost, grows[k] * first, 1e-5 * rate);
    }
    net_free(&net);
}

static void groups_of_the_circuit_have_moments_of_their_own(void **state)
{
    static const char *const optimizers[] = { "momentum", "adam", "adamw" };
    (void)state;
    for (int k = 0; k < 3; k++) {
        check_steps(1, NULL, optimizers[k], 1.0);
        for (int32_t layer = 0; layer < DEEP - 1; layer++) {
            check_steps(layer, "descending", optimizers[k], 1.0);
            check_steps(layer, "teaching", optimizers[k], 1.0);
            check_steps(layer, "crossing", optimizers[k], 0.1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        quiet_test(by_hand),
        quiet_test(agrees_with_pytorch),
        quiet_test(no_memory_is_plain),
        quiet_test(parameters_change_moments_stay),
        quiet_test(no_moment_overflows),
        quiet_test(moments_outlive_mu),
        quiet_test(kolen_pollack_shrinks_the_mismatch),
        quiet_test(groups_of_the_circuit_have_moments_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
