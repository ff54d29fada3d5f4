/* main: hands the arguments to the table of commands. */
#include <stdio.h>

int main(void)
{
    puts("cmx-reconcile " CMX_VERSION);
    return 0;
}
