/* SPDX-License-Identifier: MIT */
#include <plasticity/base.h>

const char *plast_version(void)
{
    return PLAST_VERSION_STRING;
}

const char *plast_status_string(plast_status status)
{
    static const struct {
        plast_status status;
        const char *text;
    } table[] = {
        { PLAST_OK, "PLAST_OK: success" },
        { PLAST_E_INVALID, "PLAST_E_INVALID: an argument is wrong" },
        { PLAST_E_NOMEM, "PLAST_E_NOMEM: out of memory, or a size overflows" },
        { PLAST_E_STATE, "PLAST_E_STATE: right call at the wrong time" },
        { PLAST_E_VERSION, "PLAST_E_VERSION: a struct is too old or too new for this library" },
        { PLAST_E_UNSUPPORTED, "PLAST_E_UNSUPPORTED: this combination has no meaning here" },
        { PLAST_E_RANGE, "PLAST_E_RANGE: a number is outside its range" },
        { PLAST_E_UNKNOWN, "PLAST_E_UNKNOWN: nothing has that name" },
        { PLAST_E_STOPPED, "PLAST_E_STOPPED: a callback asked to stop" },
        { PLAST_E_NOT_FINITE, "PLAST_E_NOT_FINITE: a value is not finite or would overflow" },
        { PLAST_E_LAPACK, "PLAST_E_LAPACK: a factorisation failed" },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].status == status)
            return table[i].text;
    return status <= PLAST_E_USER ? "a callback's own status" : "unknown status";
}
