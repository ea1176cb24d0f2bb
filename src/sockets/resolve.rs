//! `getaddrinfo`: a name and a service into addresses to try in turn.
//!
//! Twin: `c_compare/sockets/resolve.c`. Man page: `getaddrinfo(3)`.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ptr;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use super::errors::{Cause, Failed};

/// What is asked of the resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question {
    /// `AI_PASSIVE`, `AI_CANONNAME`, …
    pub flags: i32,
    /// `AF_…`, 0 for any.
    pub family: i32,
    /// `SOCK_…`, 0 for any.
    pub kind: i32,
}

/// One of the resolver's answers: the arguments of `socket` and `connect`.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `AF_…`
    pub family: i32,
    /// `SOCK_…`
    pub kind: i32,
    /// `IPPROTO_…`
    pub protocol: i32,
    /// The host's canonical name, when `AI_CANONNAME` asked for it.
    pub canonical: String,
    /// Where to connect to, or to bind.
    pub address: SockaddrStorage,
}

/// All addresses of `host` and `service`, in the order to try them.
///
/// # Errors
/// The resolver's `EAI_…` code, with host and service.
pub fn getaddrinfo(
    host: Option<&str>,
    service: Option<&str>,
    question: Question,
) -> Result<Vec<Answer>, Failed> {
    let failed = |cause| Failed {
        call: "getaddrinfo",
        cause,
        object: format!("{}:{}", host.unwrap_or("*"), service.unwrap_or("*")),
    };
    let name = |text: Option<&str>| text.map(CString::new).transpose();
    let (Ok(node), Ok(port)) = (name(host), name(service)) else {
        return Err(failed(Cause::Lookup(libc::EAI_NONAME)));
    };
    // SAFETY: zeroes are a valid addrinfo: no flags, no pointers.
    let mut hints: libc::addrinfo =
        unsafe { MaybeUninit::zeroed().assume_init() };
    hints.ai_flags = question.flags;
    hints.ai_family = question.family;
    hints.ai_socktype = question.kind;
    let mut list = ptr::null_mut();
    // SAFETY: both names are NULL or end in a NUL and live until the call
    // returns; `list` receives a list that is ours to free.
    let code = unsafe {
        libc::getaddrinfo(
            node.as_deref().map_or(ptr::null(), CStr::as_ptr),
            port.as_deref().map_or(ptr::null(), CStr::as_ptr),
            &raw const hints,
            &raw mut list,
        )
    };
    match code {
        0 => {}
        // At once: any call may change errno.
        libc::EAI_SYSTEM => return Err(failed(Cause::Errno(Errno::last()))),
        code => return Err(failed(Cause::Lookup(code))),
    }
    let answers = copy(list);
    // SAFETY: getaddrinfo made this list, and nothing points into it now.
    unsafe { libc::freeaddrinfo(list) };
    Ok(answers)
}

fn copy(mut next: *const libc::addrinfo) -> Vec<Answer> {
    let mut answers = Vec::new();
    // SAFETY: the list's pointers are NULL or valid until freeaddrinfo.
    while let Some(entry) = unsafe { next.as_ref() } {
        // SAFETY: ai_addr points at ai_addrlen bytes of a socket address.
        let address = unsafe {
            SockaddrStorage::from_raw(entry.ai_addr, Some(entry.ai_addrlen))
        };
        let canonical = if entry.ai_canonname.is_null() {
            String::new()
        } else {
            // SAFETY: not NULL, so it is a string that ends in a NUL.
            let name = unsafe { CStr::from_ptr(entry.ai_canonname) };
            name.to_string_lossy().into_owned()
        };
        answers.extend(address.map(|address| Answer {
            family: entry.ai_family,
            kind: entry.ai_socktype,
            protocol: entry.ai_protocol,
            canonical,
            address,
        }));
        next = entry.ai_next;
    }
    answers
}
