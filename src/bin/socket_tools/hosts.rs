//! Names of hosts and their addresses.
//!
//! Twin: `c_compare/socket_tools/hosts.c`. Man pages: `gethostname(2)`,
//! `gethostbyname(3)`, `getaddrinfo(3)`.

use std::ffi::{CStr, CString, c_char, c_int};
use std::net::Ipv4Addr;

use berkeley::sockets::console::say;
use berkeley::sockets::{Cause, Failed, Question, getaddrinfo};
use nix::errno::Errno;

use crate::constants::{family_name, kind_name, protocol_name};
use crate::python;

unsafe extern "C" {
    // Not in the libc crate; but only this one tells the aliases.
    fn gethostbyname(name: *const c_char) -> *mut libc::hostent;
    fn __h_errno_location() -> *mut c_int;
}

/// The name of this machine, as `socket.gethostname`.
pub(crate) fn hostname() -> Result<(), Failed> {
    let mut name: [c_char; 1024] = [0; 1024];
    // SAFETY: the array is writable for its whole length.
    let done = unsafe { libc::gethostname(name.as_mut_ptr(), name.len()) };
    Errno::result(done).map_err(Failed::at("gethostname", ""))?;
    say(format_args!("{}", text(name.as_mut_ptr())))
}

/// A host's IPv4 address, as `socket.gethostbyname`: Python asks
/// getaddrinfo, and has two names of its own.
pub(crate) fn host(name: &str) -> Result<(), Failed> {
    let question = Question { family: libc::AF_INET, ..Question::default() };
    let name = match name {
        "" => "0.0.0.0",
        "<broadcast>" => "255.255.255.255",
        name => name,
    };
    let failed = |failed| Failed { object: name.into(), ..failed };
    let answers = getaddrinfo(Some(name), None, question).map_err(failed)?;
    if let Some(address) = answers[0].address.as_sockaddr_in() {
        say(format_args!("{}", address.ip()))?;
    }
    Ok(())
}

/// A host's name, aliases and IPv4 addresses, as `socket.gethostbyname_ex`.
pub(crate) fn host_ex(host: &str) -> Result<(), Failed> {
    let asked = CString::new(host).unwrap_or_default();
    // SAFETY: the name ends in a NUL.
    let entry = unsafe { gethostbyname(asked.as_ptr()) };
    // SAFETY: NULL, or an entry that is good until the next such call.
    let Some(entry) = (unsafe { entry.as_ref() }) else {
        let cause = Cause::Said(why_no_host());
        return Err(Failed {
            call: "gethostbyname",
            cause,
            object: host.into(),
        });
    };
    let name = python::quoted(&text(entry.h_name));
    let aliases: Vec<_> = list(entry.h_aliases).map(text).collect();
    let addresses: Vec<_> = list(entry.h_addr_list).map(ipv4).collect();
    let aliases = python::list(&aliases);
    let addresses = python::list(&addresses);
    say(format_args!("({name}, {aliases}, {addresses})"))
}

/// The pointers of an entry's list, up to the NULL at its end.
fn list(start: *mut *mut c_char) -> impl Iterator<Item = *mut c_char> {
    (0..).map_while(move |index| {
        // SAFETY: the NULL is not behind us, so this one is in the list.
        let item = unsafe { *start.add(index) };
        (!item.is_null()).then_some(item)
    })
}

fn text(string: *mut c_char) -> String {
    // SAFETY: the strings of an entry end in a NUL.
    let text = unsafe { CStr::from_ptr(string) };
    text.to_string_lossy().into_owned()
}

fn ipv4(address: *mut c_char) -> String {
    // SAFETY: gethostbyname answers with IPv4 addresses, four bytes each.
    let bytes = unsafe { *address.cast::<[u8; 4]>() };
    Ipv4Addr::from(bytes).to_string()
}

/// This call is older than errno is for names, and keeps one of its own.
fn why_no_host() -> String {
    // SAFETY: always a valid pointer, to this thread's h_errno.
    let code = unsafe { *__h_errno_location() };
    let symbol = match code {
        1 => "HOST_NOT_FOUND",
        2 => "TRY_AGAIN",
        3 => "NO_RECOVERY",
        4 => "NO_DATA",
        _ => "NETDB_INTERNAL",
    };
    // SAFETY: hstrerror returns a static string for every code.
    let text = unsafe { CStr::from_ptr(libc::hstrerror(code)) };
    format!("{symbol}: {}", text.to_string_lossy())
}

/// All addresses of a host and a service, as the handout's
/// `get_address_info` prints them.
pub(crate) fn addrinfo(
    host: &str,
    service: Option<&str>,
) -> Result<(), Failed> {
    let answers = getaddrinfo(Some(host), service, Question::default())?;
    for answer in answers {
        let address = python::address(&answer.address).unwrap_or_default();
        say(format_args!("family: {}", family_name(answer.family)))?;
        say(format_args!("type: {}", kind_name(answer.kind)))?;
        say(format_args!("protocol: {}", protocol_name(answer.protocol)))?;
        say(format_args!("canonical name: {}", answer.canonical))?;
        say(format_args!("socket address: {address}"))?;
        say(format_args!(""))?;
    }
    Ok(())
}
