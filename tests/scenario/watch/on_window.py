"""on_window.py ROWS COLUMNS PASSES COMMAND... - run it in a window of that size until it
has drawn PASSES pages over each other, then press Ctrl-C. Exits with the command's code
when all that it drew stayed inside the window, and the last page did not."""
import fcntl
import os
import pty
import re
import struct
import sys
import termios

HOME, WIPE_LINE, WIPE_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
COLOUR = re.compile("\x1b\\[[0-9;]*m")


def run(rows, columns, passes, command):
    window, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    pid = os.fork()
    if pid == 0:
        os.close(window)
        login(terminal)
        os.environ["TERM"] = "xterm"
        os.execv(command[0], command)
    os.close(terminal)
    drawn, is_asked = b"", False
    while True:
        try:
            data = os.read(window, 65536)
        except OSError:  # the terminal's last user is gone
            break
        if not data:
            break
        drawn += data
        # The whole of a page, up to its last row, has come.
        if not is_asked and drawn.count(b"Ctrl-C ends it") >= passes:
            os.write(window, b"\x03")
            is_asked = True
    return drawn.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def login(terminal):
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(terminal, fd)
    if terminal > 2:
        os.close(terminal)


def check_page(page, rows, columns):
    """What was drawn in place: lines, each wiped behind its text, and the last row."""
    body, _, last = page.partition(WIPE_BELOW)
    lines = body.split("\r\n")
    assert lines.pop() == "", "the page does not end its last line"
    assert len(lines) < rows, f"{len(lines)} lines and a last one in {rows} rows"
    for line in lines:
        assert line.endswith(WIPE_LINE), f"a line is not wiped: {line!r}"
        shown = COLOUR.sub("", line.removesuffix(WIPE_LINE))
        assert len(shown) <= columns, f"{len(shown)} columns: {shown!r}"
        assert "\x1b" not in shown, f"an escape: {shown!r}"
    # Progress is drawn over the last row; the terminal itself shows the key.
    status = last.split("\r")[0].removesuffix("^C")
    assert "Ctrl-C ends it" in status, f"no last row: {last!r}"
    assert len(status) + len("^C") < columns, f"the last row is full: {status!r}"
    return [COLOUR.sub("", line.removesuffix(WIPE_LINE)) for line in lines]


def main():
    rows, columns, passes = (int(word) for word in sys.argv[1:4])
    drawn, code = run(rows, columns, passes, sys.argv[4:])
    pages = drawn.split(HOME)[1:]
    assert len(pages) > passes, f"{len(pages)} pages"
    drawn_pages = [check_page(page, rows, columns) for page in pages[:-1]]
    assert any("Growth since" in line for line in drawn_pages[-1]), drawn_pages[-1]
    last = pages[-1]
    assert last.startswith(WIPE_BELOW), "the last report is drawn over the page"
    assert WIPE_LINE not in last, "the last report is cut"
    assert last.count("\r\n") > rows, "the last report is not whole"
    assert last.split()[-3:] == ["Nothing", "was", "written."], last[-200:]
    print(last.removeprefix(WIPE_BELOW).replace("\r\n", "\n"), end="")
    return code


sys.exit(main())
