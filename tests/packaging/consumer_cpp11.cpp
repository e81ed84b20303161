/* SPDX-License-Identifier: MIT
 *
 * A program of a user, in C++11: a double-precision network learns exclusive or. */
#include <plasticity/plasticity.h>

#include <iostream>
#include <memory>
#include <stdexcept>

namespace
{

template <typename T, void (*Destroy)(T *)> struct destroyer {
    void operator()(T *object) const
    {
        Destroy(object);
    }
};

template <typename T, void (*Destroy)(T *)> using handle = std::unique_ptr<T, destroyer<T, Destroy>>;

using context_handle = handle<plast_context, plast_context_destroy>;
using network_handle = handle<plast_network, plast_network_destroy>;
using rule_handle = handle<plast_rule, plast_rule_destroy>;
using optimizer_handle = handle<plast_optimizer, plast_optimizer_destroy>;

template <typename T> T growing()
{
    T made;
    plast_struct_init(&made, sizeof made);
    return made;
}

void check(plast_status status, const context_handle &context)
{
    if (status != PLAST_OK)
        throw std::runtime_error(plast_context_error(context.get()));
}

context_handle make_context()
{
    auto options = growing<plast_context_options>();
    plast_context *made = nullptr;
    options.cpu_mask = PLAST_CPU_BASELINE;
    const plast_status status = plast_context_create(&options, &made);
    if (status != PLAST_OK)
        throw std::runtime_error(plast_status_string(status));
    return context_handle(made);
}

void add(const context_handle &context, const network_handle &network, std::int64_t units, std::int32_t activation)
{
    auto layer = growing<plast_layer_options>();
    layer.units = units;
    layer.activation = activation;
    check(plast_network_add(network.get(), "dense", &layer, nullptr), context);
}

network_handle make_network(const context_handle &context)
{
    auto options = growing<plast_network_options>();
    plast_network *network = nullptr;
    plast_rule *oja = nullptr;
    plast_optimizer *adam = nullptr;
    options.inputs = 2;
    options.dtype = PLAST_F64;
    options.seed = 3;
    check(plast_network_create(context.get(), &options, &network), context);
    network_handle owned(network);
    add(context, owned, 16, PLAST_TANH);
    add(context, owned, 1, PLAST_SIGMOID);

    check(plast_rule_create(context.get(), "oja", &oja), context);
    rule_handle owned_oja(oja);
    check(plast_rule_set(oja, "rate", 1e-4), context);
    check(plast_network_add_rule(network, PLAST_HIDDEN_LAYERS, oja), context);

    check(plast_optimizer_create(context.get(), "adam", &adam), context);
    optimizer_handle owned_adam(adam);
    check(plast_optimizer_set(adam, "rate", 0.02), context);
    check(plast_network_set_optimizer(network, adam), context);
    return owned;
}

std::int64_t learn(const context_handle &context, const network_handle &network)
{
    const double points[] = { 0, 0, 0, 1, 1, 0, 1, 1 };
    const double answers[] = { 0, 1, 1, 0 };
    const plast_matrix inputs = plast_matrix_f64(points, 4, 2), targets = plast_matrix_f64(answers, 4, 1);
    auto data = growing<plast_data>();
    auto report = growing<plast_report>();
    data.inputs = &inputs;
    data.targets = &targets;
    for (int pass = 0; pass < 500; pass++)
        check(plast_network_learn(network.get(), nullptr, &data, nullptr, nullptr), context);
    check(plast_network_evaluate(network.get(), nullptr, &data, &report), context);
    return report.correct;
}

} // namespace

int main()
{
    try {
        const context_handle context = make_context();
        const network_handle network = make_network(context);
        const std::int64_t correct = learn(context, network);
        std::cout << "exclusive or: " << correct << " of 4 correct\n";
        return correct == 4 ? 0 : 1;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
