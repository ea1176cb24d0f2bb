/* Floats as Python shows them: the fewest digits that give the float back.
 *
 * Twin: src/protocols/pickle/float.rs, where Rust finds the digits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

enum { MOST_SHORTEST = 17 };

/* One more in the last of `count` digits: "1.9" becomes "2.0". The exponent
 * stays, since the digits of a float that needs this are not all 9. */
static void step_up(char *digits)
{
    char *digit = digits + strcspn(digits, "e") - 1;

    while (*digit == '9' || *digit == '.') {
        if (*digit == '9')
            *digit = '0';
        if (digit == digits)
            return;
        digit--;
    }
    *digit = (char)(*digit + 1);
}

/* `value` as d.ddde±x. At a power of two the floats below lie closer than
 * those above, so that the nearest decimal may be taken for one of them while
 * the next one up is not: 2⁻⁴⁴ is 5.684341886080802e-14. */
static void shortest(double value, char digits[32])
{
    for (int precision = 0; precision < MOST_SHORTEST; precision++) {
        snprintf(digits, 32, "%.*e", precision, value);
        if (strtod(digits, NULL) == value)
            return;
        step_up(digits);
        if (strtod(digits, NULL) == value)
            return;
    }
}

/* An exponent where there would be more than 16 digits before the point or
 * 4 zeros after it. */
void text_of_float(double value, char *text)
{
    char scientific[32], digits[32];
    const char *sign = signbit(value) ? "-" : "";

    if (isnan(value)) {
        strcpy(text, "nan");
        return;
    }
    if (isinf(value)) {
        sprintf(text, "%sinf", sign);
        return;
    }
    shortest(value < 0 ? -value : value, scientific);
    int exponent = atoi(strchr(scientific, 'e') + 1);
    int count = 0;
    for (const char *at = scientific; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    digits[count] = '\0';
    int point = exponent + 1;
    if (exponent >= 16 || exponent < -4)
        sprintf(text, "%s%c%s%se%+03d", sign, digits[0],
                count > 1 ? "." : "", digits + 1, exponent);
    else if (exponent < 0)
        sprintf(text, "%s0.%.*s%s", sign, -point, "000", digits);
    else if (count > point)
        sprintf(text, "%s%.*s.%s", sign, point, digits, digits + point);
    else
        sprintf(text, "%s%s%.*s.0", sign, digits, point - count,
                "0000000000000000");
}

bool digits_of_float(double value, char *digits)
{
    if (!isfinite(value))
        return false;
    sprintf(digits, "%.0f", value + 0.0);
    return strtod(digits, NULL) == value;
}
