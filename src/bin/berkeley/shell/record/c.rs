//! The program in C17, which needs nothing but the C library.

use std::fmt::Write;

use super::acts::{Fork, Target, act, acts};
use super::plan::{Plan, Step};
use super::{c_calls, c_transfer};

pub(super) fn program(plan: &Plan) -> String {
    let mut text = HEAD.to_owned();
    let calls = |name: &str| {
        plan.steps.iter().any(|step| {
            step.entry.call.name == name && step.left_out().is_none()
        })
    };
    if calls("sendmsg") {
        text.push_str(c_transfer::SENDMSG);
    }
    if calls("recvmsg") {
        text.push_str(c_transfer::RECVMSG);
    }
    if plan.is_staged {
        text.push_str(&STAGE.replace("PORTS", &plan.ports.max(1).to_string()));
        if plan.ports > 0 {
            text.push_str(TELL);
        }
    }
    for root in &plan.roots {
        let variables = plan.variables(root);
        let _ = writeln!(text, "static void {}(void)\n{{", act(root));
        for variable in variables {
            let _ = writeln!(text, "    int {variable} = -1;");
        }
        acts(&C, plan, root, 1, &mut text);
        text.push_str("}\n\n");
    }
    text.push_str(&main(plan));
    text
}

struct C;

impl Target for C {
    fn remark(&self, text: &str) -> String {
        format!("/* {} */", text.replace("*/", "* /").replace("/*", "/ *"))
    }

    fn statements(&self, step: &Step) -> Vec<String> {
        c_calls::statements(step)
    }

    fn fork(&self, pid: &str) -> Fork {
        Fork {
            before: vec![
                format!("pid_t {pid} = fork();"),
                format!("if ({pid} == 0) {{"),
            ],
            depth: 1,
            exit: "_exit(0);",
            after: vec!["}".into(), format!("told(\"fork\", {pid});")],
        }
    }
}

fn main(plan: &Plan) -> String {
    let mut text = MAIN.to_owned();
    if !plan.is_staged {
        for root in &plan.roots {
            let _ = writeln!(text, "    {}();", act(root));
        }
        text.push_str("    return 0;\n}\n");
        return text;
    }
    text.push_str(MAP);
    for root in &plan.roots {
        let _ = write!(
            text,
            "    if (fork() == 0) {{\n        {}();\n        _exit(0);\n    \
             }}\n",
            act(root)
        );
    }
    text.push_str(
        "    while (wait(NULL) > 0)\n        continue;\n    return 0;\n}\n",
    );
    text
}

const HEAD: &str = r#"/*
 * What was done in a session of `berkeley shell`.
 *
 *     cc -std=c17 -Wall -Wextra FILE.c && ./a.out
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *call, long result)
{
    if (result < 0)
        printf("%s = %ld (%s)\n", call, result, strerror(errno));
    else
        printf("%s = %ld\n", call, result);
    fflush(stdout);
}

"#;

const STAGE: &str = r"/* Whose turn it is, and ports that somebody has to know. */
static struct shared {
    _Atomic int turn;
    _Atomic int port[PORTS];
} *shared;

static void turn(int step)
{
    while (shared->turn < step)
        usleep(1000);
}

static void pass(int step)
{
    shared->turn = step;
}

";

const TELL: &str = r"static void tell(int port, int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;
    getsockname(fd, (struct sockaddr *)&own, &length);
    in_port_t number = own.ss_family == AF_INET6
        ? ((struct sockaddr_in6 *)&own)->sin6_port
        : ((struct sockaddr_in *)&own)->sin_port;
    shared->port[port] = ntohs(number);
}

";

const MAIN: &str = r"int main(void)
{
    /* An error is enough: EPIPE. */
    signal(SIGPIPE, SIG_IGN);
";

const MAP: &str = r"    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    shared->turn = 1;
";
