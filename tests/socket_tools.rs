//! `socket_tools` answers as Python's `socket` does on the same machine.

mod common;

use std::process::Command;

use common::{Finished, Language, in_both, program, python, run};

/// What the session types, for a list of questions: of each the answer, or
/// nothing where Python raises.
const SESSION: &str = r"
import enum, re, socket, sys

def named(value):
    kind = type(value).__name__
    return f'{kind}.{value.name}' if isinstance(value, enum.Enum) else value

def constants(prefix):
    return {getattr(socket, name): name for name in dir(socket)
            if name.startswith(prefix)}

def value(text):
    if text.isdigit():
        return int(text)
    parts = [getattr(socket, part) for part in text.split('|')]
    return sum(map(int, parts))

def service(name, *proto): return socket.getservbyname(name, *proto)
def port(number, *proto): return socket.getservbyport(int(number), *proto)
def hostname(): return socket.gethostname()
def host(name): return socket.gethostbyname(name)
def host_ex(name): return socket.gethostbyname_ex(name)

def services(low, high):
    for port in range(int(low), int(high) + 1):
        for proto in 'tcp', 'udp':
            try:
                yield f'{port}/{proto} {socket.getservbyport(port, proto)}\n'
            except OSError:
                pass

def addrinfo(host, service=None):
    families, types = constants('AF_'), constants('SOCK_')
    protocols = constants('IPPROTO_')
    for response in socket.getaddrinfo(host, service):
        fam, typ, pro, nam, add = response
        yield f'family: {families[fam]}\ntype: {types[typ]}\n'
        yield f'protocol: {protocols[pro]}\ncanonical name: {nam}\n'
        yield f'socket address: {add}\n\n'

def create(*arguments):
    with socket.socket(*map(value, arguments)) as created:
        text = repr(created)
        family, kind = named(created.family), named(created.type)
        text = re.sub('family=[^,]*', f'family={family}', text)
        return re.sub('type=[^,]*', f'type={kind}', text)

answers = {'service': service, 'port': port, 'services': services,
           'hostname': hostname, 'host': host, 'host-ex': host_ex,
           'addrinfo': addrinfo, 'socket': create}
for question in sys.stdin.read().split('\n'):
    name, *arguments = question.split('\t')
    try:
        answer = answers[name](*arguments)
        if name in ('services', 'addrinfo'):
            answer = ''.join(answer)
        else:
            answer = f'{answer}\n'
    except Exception:
        answer = ''
    sys.stdout.write(answer + '\0')
";

fn ask(language: Language, question: &[&str]) -> Finished {
    let mut command = Command::new(program(language, "socket_tools"));
    run(command.args(question), b"")
}

/// All these questions get Python's answers; where it raises, one line on
/// stderr and 1.
fn as_python(questions: &[&[&str]]) {
    let Some(mut session) = python(SESSION, &[]) else { return };
    let lines: Vec<String> =
        questions.iter().map(|question| question.join("\t")).collect();
    let told = run(&mut session, lines.join("\n").as_bytes());
    assert_eq!((told.code, told.err().as_str()), (0, ""));
    let told = told.out();
    let told: Vec<&str> = told.split_terminator('\0').collect();
    assert_eq!(told.len(), questions.len());
    in_both(|language| {
        for (question, python) in questions.iter().zip(&told) {
            let asked = ask(language, question);
            assert_eq!(asked.out(), *python, "{question:?}");
            let lines = asked.err().lines().count();
            let failed = python.is_empty();
            let expected = (i32::from(failed), usize::from(failed));
            assert_eq!((asked.code, lines), expected, "{question:?}");
        }
    });
}

#[test]
fn services_and_ports_are_pythons() {
    as_python(&[
        &["service", "ssh"],
        &["service", "http"],
        &["service", "www"],
        &["service", "domain", "udp"],
        &["service", "domain", "tcp"],
        &["service", "http", "sctp"],
        &["service", "HTTP"],
        &["service", "no-such-service"],
        &["service", ""],
        &["port", "80"],
        &["port", "22", "tcp"],
        &["port", "53", "udp"],
        &["port", "80", "udp"],
        &["port", "0"],
        &["port", "65535"],
        &["services", "0", "200"],
        &["services", "22", "22"],
        &["services", "5000", "6100"],
        &["services", "2", "6"],
        &["services", "65000", "65535"],
    ]);
}

#[test]
fn services_have_sensible_defaults() {
    in_both(|language| {
        let out = |question: &[&str]| ask(language, question).out();
        assert_eq!(out(&["services"]), out(&["services", "0", "1023"]));
        assert_eq!(out(&["services", "80"]), out(&["services", "80", "1023"]));
        let above = out(&["services", "65000", "65535"]);
        assert_eq!(out(&["services", "65000"]), above);
    });
}

#[test]
fn hosts_are_pythons() {
    let own = nix::sys::utsname::uname().unwrap();
    let own = own.nodename().to_str().unwrap();
    as_python(&[
        &["hostname"],
        &["host", "localhost"],
        &["host", own],
        &["host", ""],
        &["host", "<broadcast>"],
        &["host", "255.255.255.255"],
        &["host", "127.1"],
        &["host", "::1"],
        &["host", "no-such-host.invalid"],
        &["host-ex", "localhost"],
        &["host-ex", own],
        &["host-ex", "127.1"],
        &["host-ex", "::1"],
        &["host-ex", ""],
        &["host-ex", "no-such-host.invalid"],
    ]);
}

#[test]
fn addresses_are_pythons() {
    as_python(&[
        &["addrinfo", "localhost"],
        &["addrinfo", "localhost", "http"],
        &["addrinfo", "127.0.0.1", "80"],
        &["addrinfo", "127.1", "domain"],
        &["addrinfo", "localhost", "tftp"],
        &["addrinfo", "localhost", ""],
        &["addrinfo", "::1", "80"],
        &["addrinfo", "fe80::1%lo", "80"],
        &["addrinfo", "::1.2.3.4", "80"],
        &["addrinfo", "::9", "80"],
        &["addrinfo", "::ffff:1.2.3.4", "80"],
        &["addrinfo", "1:0:0:2:0:0:0:3", "80"],
        &["addrinfo", "1:2:3:4:5:6:0:8", "80"],
        &["addrinfo", "localhost", "no-such-service"],
        &["addrinfo", "no-such-host.invalid", "80"],
        &["addrinfo", "", "80"],
    ]);
}

#[test]
fn a_socket_is_shown_as_python_shows_it() {
    as_python(&[
        &["socket"],
        &["socket", "AF_INET"],
        &["socket", "2", "1", "6"],
        &["socket", "AF_INET", "SOCK_DGRAM", "IPPROTO_UDP"],
        &["socket", "AF_INET", "SOCK_STREAM|SOCK_NONBLOCK"],
        &["socket", "AF_INET", "SOCK_STREAM|SOCK_CLOEXEC", "IPPROTO_TCP"],
        &["socket", "AF_INET", "SOCK_STREAM", "IPPROTO_UDP"],
        &["socket", "AF_INET", "SOCK_RAW", "IPPROTO_ICMP"],
        &["socket", "AF_INET", "SOCK_SEQPACKET"],
        &["socket", "AF_INET6"],
        &["socket", "AF_INET6", "SOCK_DGRAM"],
        &["socket", "AF_UNIX"],
        &["socket", "AF_UNIX", "SOCK_DGRAM"],
        &["socket", "AF_UNIX", "SOCK_SEQPACKET"],
        &["socket", "AF_NETLINK", "SOCK_RAW"],
        &["socket", "AF_NETLINK", "SOCK_DGRAM"],
        &["socket", "AF_ROUTE", "SOCK_RAW"],
        &["socket", "AF_PACKET", "SOCK_DGRAM"],
        &["socket", "AF_PACKET", "SOCK_RAW", "768"],
        &["socket", "AF_PACKET", "SOCK_RAW", "43690"],
        &["socket", "AF_KEY", "SOCK_RAW"],
        &["socket", "AF_UNSPEC"],
        &["socket", "999"],
    ]);
}

#[test]
fn both_twins_know_every_constant_that_python_knows() {
    let script = "import socket, sys\n\
        for name in dir(socket):\n    \
            if name.startswith(sys.argv[1]):\n        \
                print(int(getattr(socket, name)), name)";
    for prefix in ["AF_", "SOCK_", "IPPROTO_"] {
        let Some(mut session) = python(script, &[prefix]) else { return };
        let known = run(&mut session, b"").out();
        in_both(|language| {
            let told = ask(language, &["constants", prefix]).out();
            let told: Vec<&str> = told.lines().collect();
            for line in known.lines() {
                assert!(told.contains(&line), "{line}");
            }
            let rows = told.iter().map(|line| {
                let (value, name) = line.split_once(' ').unwrap();
                (value.parse::<u32>().unwrap(), name)
            });
            assert!(rows.is_sorted(), "{told:?}");
        });
    }
}

#[test]
fn the_types_are_six_and_two_flags_and_an_old_one() {
    in_both(|language| {
        let told = ask(language, &["constants", "SOCK_"]).out();
        assert_eq!(
            told,
            "1 SOCK_STREAM\n2 SOCK_DGRAM\n3 SOCK_RAW\n4 SOCK_RDM\n\
             5 SOCK_SEQPACKET\n6 SOCK_DCCP\n10 SOCK_PACKET\n\
             2048 SOCK_NONBLOCK\n524288 SOCK_CLOEXEC\n"
        );
        let none = ask(language, &["constants", "XY_"]);
        assert_eq!((none.code, none.err().lines().count()), (1, 1));
    });
}

#[test]
fn bad_usage_is_2_with_the_usage() {
    let bad: [&[&str]; 19] = [
        &[],
        &["no-such-question"],
        &["service"],
        &["service", "a", "b", "c"],
        &["port", "x"],
        &["port", "-1"],
        &["port", "65536"],
        &["port", "99999999999999999999"],
        &["services", "9", "8"],
        &["services", "0", "65536"],
        &["services", "-1"],
        &["hostname", "x"],
        &["constants"],
        &["socket", "AF_FOO"],
        &["socket", "AF_INET", "SOCK_STREAM|"],
        &["socket", "AF_INET", "SOCK_STREAM", "tcp"],
        &["socket", "2147483648"],
        &["host", "--hel"],
        &["--vers"],
    ];
    in_both(|language| {
        for question in bad {
            let told = ask(language, question);
            assert_eq!((told.code, told.out().as_str()), (2, ""));
            assert!(told.err().contains("Usage: socket_tools"));
        }
    });
}

#[test]
fn the_twins_have_the_same_help() {
    let questions = [
        "service",
        "port",
        "services",
        "hostname",
        "host",
        "host-ex",
        "constants",
        "addrinfo",
        "socket",
    ];
    let all = questions.map(|question| vec![question, "--help"]);
    let all = all.into_iter().chain([vec!["--help"], vec!["--version"]]);
    for question in all {
        let [rust, c] =
            Language::BOTH.map(|language| ask(language, &question));
        assert_eq!((c.code, c.out()), (rust.code, rust.out()));
        assert_eq!(rust.code, 0);
    }
}
