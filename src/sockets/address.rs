//! Addresses: where a server shall listen, and how one is shown.
//!
//! Twin: `c_compare/sockets/address.c`. Man pages: `ip(7)`, `unix(7)`.

use std::fmt::{self, Display};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrLike, SockaddrStorage, UnixAddr};

use super::errors::Failed;
use super::resolve::{Question, getaddrinfo};
use super::text::shown;

/// Where a server shall listen: the first address of `host`.
///
/// # Errors
/// What the resolver says of the name.
pub fn local_address(
    host: &str,
    port: u16,
    kind: i32,
) -> Result<SockaddrStorage, Failed> {
    let question = Question { flags: libc::AI_PASSIVE, family: 0, kind };
    let service = port.to_string();
    let answers = getaddrinfo(Some(host), Some(&service), question)?;
    Ok(answers[0].address)
}

/// The address of a socket in the file system.
///
/// # Errors
/// `ENAMETOOLONG`: a path has at most 107 bytes.
pub fn unix_address(path: &Path) -> Result<SockaddrStorage, Failed> {
    let failed = |errno| Failed::at("sockaddr_un", path.display())(errno);
    let address = UnixAddr::new(path).map_err(failed)?;
    let at = address.as_ptr().cast();
    // SAFETY: `at` points at a socket address of just that length.
    let address =
        unsafe { SockaddrStorage::from_raw(at, Some(address.len())) };
    address.ok_or(Errno::EAFNOSUPPORT).map_err(failed)
}

/// The address as `bind` and `connect` want it, with the length of its own
/// family. nix would hand over all 128 bytes of the storage.
#[must_use]
pub fn exact(address: &SockaddrStorage) -> &dyn SockaddrLike {
    if let Some(v4) = address.as_sockaddr_in() {
        v4
    } else if let Some(v6) = address.as_sockaddr_in6() {
        v6
    } else if let Some(unix) = address.as_unix_addr() {
        unix
    } else {
        address
    }
}

/// An address as the programs print it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a SockaddrStorage);

impl Shown<'_> {
    /// The host without the port; over AF_UNIX the path.
    #[must_use]
    pub fn host(&self) -> String {
        let Shown(address) = self;
        if let Some(v4) = address.as_sockaddr_in() {
            v4.ip().to_string()
        } else if let Some(v6) = address.as_sockaddr_in6() {
            v6.ip().to_string()
        } else {
            self.to_string()
        }
    }

    /// The port; AF_UNIX has none.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let Shown(address) = self;
        let v4 =
            address.as_sockaddr_in().map(nix::sys::socket::SockaddrIn::port);
        v4.or(address
            .as_sockaddr_in6()
            .map(nix::sys::socket::SockaddrIn6::port))
    }
}

impl Display for Shown<'_> {
    /// `127.0.0.1:80`, `[::1]:80`, `/tmp/knock.sock`, `@abstract`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(address) = self;
        if let Some(unix) = address.as_unix_addr() {
            if let Some(name) = unix.as_abstract() {
                return write!(out, "@{}", shown(name));
            }
            let path = unix.path().unwrap_or(Path::new(""));
            return write!(out, "{}", path.display());
        }
        match (self.host(), self.port()) {
            (host, Some(port)) if host.contains(':') => {
                write!(out, "[{host}]:{port}")
            }
            (host, Some(port)) => write!(out, "{host}:{port}"),
            (host, None) => out.write_str(&host),
        }
    }
}
