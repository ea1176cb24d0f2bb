//! The labs that are clients only: their server is somebody else's.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use nix::unistd::mkdtemp;

use super::super::play::{Play, find};
use super::Scene;
use crate::stage::Stream::{Err, Out};

pub(crate) static DUMB_NET: Scene = Scene {
    step: "dumb_net",
    title: "a telnet that says one line",
    look: "One typed line is sent with CR LF; everything that comes back is \
           shown, until the server ends. That is all a web client needs.",
    programs: &["dumb_net", "echo_server"],
    models: &[],
    sheet: None,
    play: dumb_net,
    try_next: &[
        ("@knock -p 5000", "and in a second terminal"),
        ("@dumb_net 127.0.0.1 5000", "type: hello"),
    ],
};

/// A server in a dozen lines of Python: one line of request, one page.
const ONE_LINE_SERVER: &str = r#"
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    peer, _ = listener.accept()
    line = peer.makefile("rb").readline()
    assert line == b"GET /\r\n", line
    peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
                 b"hello from Python\n")
    peer.close()
"#;

fn dumb_net(play: &mut Play) -> Result<()> {
    let Some(python) = find("python3") else {
        return dumb_net_with_echo(play);
    };
    let shown = "python3 (a server of ten lines)";
    let args = ["-c", ONE_LINE_SERVER];
    let peer = "python3, a server of ten lines";
    let server = play.foreign("server", &python, &args, shown, peer)?;
    let port = play.stage.listens(server)?.to_string();
    let client = play.start("client", "dumb_net", &["127.0.0.1", &port])?;
    play.stage.types(client, "GET /")?;
    play.stage.ends(client, 0)?;
    play.stage.ends(server, 0)?;
    play.said(
        client,
        Out,
        &[
            "HTTP/1.0 200 OK",
            "Content-Type: text/plain",
            "",
            "hello from Python",
        ],
    )?;
    play.said(client, Err, &[])
}

/// It never ends a conversation by itself: it is told to end.
fn dumb_net_with_echo(play: &mut Play) -> Result<()> {
    play.tell("echo_server of this kit; there is no python3");
    let args = ["0", "--quiet", "--grace", "0"];
    let server = play.start("server", "echo_server", &args)?;
    let port = play.stage.listens(server)?.to_string();
    let client = play.start("client", "dumb_net", &["127.0.0.1", &port])?;
    play.stage.types(client, "hello")?;
    play.stage.says(client, "hello")?;
    play.interrupt(server, 0)?;
    play.stage.ends(client, 0)?;
    play.said(client, Out, &["hello"])?;
    play.said(client, Err, &[])
}

pub(crate) static HTTP_GET: Scene = Scene {
    step: "http_get",
    title: "a web page, by socket calls",
    look: "The request is text, so is the head of the response; the body is \
           as many bytes as the head says, however recv brings them.",
    programs: &["http_get", "echo_server"],
    models: &[],
    sheet: None,
    play: http_get,
    try_next: &[
        (
            "python3 -m http.server --bind 127.0.0.1 8000",
            "and in a second terminal",
        ),
        ("@http_get localhost 8000 / | head", "the folder as a page"),
    ],
};

const PAGE: &str = "A page of the tour,\nserved by Python.\n";

fn http_get(play: &mut Play) -> Result<()> {
    let Some(python) = find("python3") else {
        return http_get_from_echo(play);
    };
    let folder = Folder::with_page()?;
    let path = folder.0.display().to_string();
    let args = ["-u", "-m", "http.server", "--bind", "127.0.0.1"];
    let args = [&args[..], &["--directory", &path, "0"]].concat();
    let shown = "python3 -m http.server";
    let server = play.foreign("server", &python, &args, shown, shown)?;
    let port = play.stage.listens(server)?.to_string();
    let args = ["127.0.0.1", &port, "/page.txt"];
    let client = play.start("client", "http_get", &args)?;
    play.stage.ends(client, 0)?;
    play.stage.signal(server, Signal::SIGTERM);
    play.stage.ends(server, -(Signal::SIGTERM as i32))?;
    let body: Vec<&str> = PAGE.lines().collect();
    play.said(client, Out, &body)?;
    let sizes = format!("head: <n> bytes, body: {} bytes", PAGE.len());
    play.said(client, Err, &["HTTP/1.0 200 OK", &sizes])
}

/// What comes back is the request: http_get must see that it is no response.
fn http_get_from_echo(play: &mut Play) -> Result<()> {
    play.tell("echo_server of this kit, which is no web server; no python3");
    let server = play.start("server", "echo_server", &["0", "--quiet"])?;
    let port = play.stage.listens(server)?.to_string();
    let client = play.start("client", "http_get", &["127.0.0.1", &port])?;
    play.stage.ends(client, 1)?;
    play.interrupt(server, 0)?;
    play.said(client, Out, &[])
}

/// A folder for one page, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn with_page() -> Result<Folder> {
        let name = std::env::temp_dir().join("berkeley-XXXXXX");
        let folder = Folder(mkdtemp(&name).context("mkdtemp")?);
        fs::write(folder.0.join("page.txt"), PAGE)?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
