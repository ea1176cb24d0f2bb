//! Names of services and numbers of ports, as /etc/services has them.
//!
//! Twin: `c_compare/socket_tools/services.c`. Man pages: `getservbyname(3)`,
//! `services(5)`.

use std::ffi::{CStr, CString};
use std::ptr;

use berkeley::sockets::console::say;
use berkeley::sockets::{Cause, Failed};

/// The port of a service, as `socket.getservbyname`.
pub(crate) fn service(name: &str, proto: Option<&str>) -> Result<(), Failed> {
    let Some(port) = port_of(name, proto) else {
        let why = "service/proto not found";
        return Err(not_found("getservbyname", why, name, proto));
    };
    say(format_args!("{port}"))
}

/// The service at a port, as `socket.getservbyport`.
pub(crate) fn port(port: u16, proto: Option<&str>) -> Result<(), Failed> {
    let Some(name) = name_of(port, proto) else {
        let (why, port) = ("port/proto not found", port.to_string());
        return Err(not_found("getservbyport", why, &port, proto));
    };
    say(format_args!("{name}"))
}

/// All services from `low` to `high`, by asking for each port.
pub(crate) fn services(low: u16, high: u16) -> Result<(), Failed> {
    let mut count = 0;
    // SAFETY: a number and no memory. Open between the questions: /etc/
    // services would be opened and closed for each of them.
    unsafe { libc::setservent(1) };
    for port in low..=high {
        for proto in ["tcp", "udp"] {
            if let Some(name) = name_of(port, Some(proto)) {
                say(format_args!("{port}/{proto} {name}"))?;
                count += 1;
            }
        }
    }
    // SAFETY: no memory; no answer is in use any more.
    unsafe { libc::endservent() };
    if count == 0 {
        let (why, ports) = ("no services found", format!("{low}-{high}"));
        return Err(not_found("getservbyport", why, &ports, None));
    }
    Ok(())
}

fn port_of(name: &str, proto: Option<&str>) -> Option<u16> {
    let name = CString::new(name).ok()?;
    let proto = proto.map(CString::new).transpose().ok()?;
    let proto = proto.as_deref().map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: `name` ends in a NUL, `proto` does or is NULL.
    let entry = unsafe { libc::getservbyname(name.as_ptr(), proto) };
    // SAFETY: NULL, or an entry that is good until the next such call.
    let entry = unsafe { entry.as_ref() }?;
    Some(in_host_order(entry.s_port))
}

fn name_of(port: u16, proto: Option<&str>) -> Option<String> {
    let proto = proto.map(CString::new).transpose().ok()?;
    let proto = proto.as_deref().map_or(ptr::null(), CStr::as_ptr);
    let port = i32::from(port.to_be());
    // SAFETY: `proto` ends in a NUL or is NULL.
    let entry = unsafe { libc::getservbyport(port, proto) };
    // SAFETY: NULL, or an entry that is good until the next such call.
    let entry = unsafe { entry.as_ref() }?;
    // SAFETY: the name of an entry is a string that ends in a NUL.
    let name = unsafe { CStr::from_ptr(entry.s_name) };
    Some(name.to_string_lossy().into_owned())
}

/// The API has the port in network order, in an int.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn in_host_order(port: i32) -> u16 {
    u16::from_be(port as u16)
}

fn not_found(
    call: &'static str,
    why: &str,
    asked: &str,
    proto: Option<&str>,
) -> Failed {
    let object = match proto {
        Some(proto) => format!("{asked}/{proto}"),
        None => asked.to_string(),
    };
    Failed { call, cause: Cause::Said(why.into()), object }
}
