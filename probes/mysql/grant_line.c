#include "probes/mysql/grant_line.h"

#include <string.h>

bool wpb_mysql_grant_is_line(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

/* 'user'@'host', as a statement has it. */
static void add_account(struct wpb_buf *line, const char *account)
{
    const char *at = strrchr(account, '@');

    wpb_buf_char(line, '\'');
    for (const char *byte = account; *byte; byte++) {
        if (byte == at)
            wpb_buf_text(line, "'@'");
        else if (*byte == '\'' || *byte == '\\')
            wpb_buf_printf(line, "%c%c", *byte, *byte);
        else
            wpb_buf_char(line, *byte);
    }
    wpb_buf_text(line, "';");
}

void wpb_mysql_grant_line(struct wpb_buf *lines, const char *right, const char *account)
{
    if (!*account || !wpb_mysql_grant_is_line(account) || !wpb_mysql_grant_is_line(right))
        return;
    wpb_buf_printf(lines, "\nGRANT %s TO ", right);
    add_account(lines, account);
}
