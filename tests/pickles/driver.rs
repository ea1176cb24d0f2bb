//! The C twin behind a pipe, and the Rust library answering as it does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use berkeley::protocols::pickle::{Refused, Scanner, decode, encode};
use berkeley::protocols::roster::{self, Roster};
use berkeley::protocols::{Notice, Session};

/// One question; `c_compare/drivers/pickle_driver.c` lists the kinds.
pub(crate) struct Request {
    pub(crate) kind: char,
    pub(crate) bytes: Vec<u8>,
}

/// The twin's driver, built so that it ends at the first stray pointer.
fn twin() -> &'static Path {
    static TWIN: OnceLock<PathBuf> = OnceLock::new();
    TWIN.get_or_init(|| {
        let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("c_compare");
        let driver =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("pickle_driver");
        let mut sources: Vec<PathBuf> =
            fs::read_dir(twins.join("protocols/pickle"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|e| e == "c"))
                .collect();
        sources.extend(
            [
                "protocols/buffer.c",
                "protocols/roster.c",
                "sockets/utf8.c",
                "drivers/pickle_driver.c",
            ]
            .map(|path| twins.join(path)),
        );
        let flags = "-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic \
            -Wconversion -Wshadow -Werror -O1 -g \
            -fsanitize=address,undefined -fno-sanitize-recover=all";
        let status = Command::new("cc")
            .args(flags.split_whitespace())
            .arg("-I")
            .arg(twins)
            .arg("-o")
            .arg(&driver)
            .args(sources)
            .status()
            .unwrap();
        assert!(status.success(), "the twin does not build");
        driver
    })
}

pub(crate) fn ask_twin(requests: &[Request]) -> Vec<String> {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let mut stream = Vec::new();
    for Request { kind, bytes } in requests {
        stream.push(u8::try_from(*kind).unwrap());
        stream.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
        stream.extend(bytes);
    }
    let number = ASKED.fetch_add(1, Ordering::Relaxed);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("pickles-{}-{number}", process::id()));
    fs::write(&path, stream).unwrap();
    let stdin = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let done = Command::new(twin()).stdin(stdin).output().unwrap();
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{}: {complaint}", done.status);
    let text = String::from_utf8(done.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// What the driver would say, said by the Rust library.
pub(crate) fn answer(request: &Request) -> String {
    let bytes = &request.bytes;
    match request.kind {
        'p' | 's' => match text_of(bytes, request.kind == 's') {
            Ok(Some(text)) => text,
            Ok(None) => "incomplete".to_owned(),
            Err(why) => format!("refused: {why}"),
        },
        'r' => conversation(bytes[0].into(), &bytes[1..]),
        'g' => {
            let digits = std::str::from_utf8(bytes).unwrap();
            let clientid = digits.trim_end_matches('\0').parse().unwrap();
            let mut roster = Roster::new(clientid);
            hex(roster.greeting())
        }
        'e' => {
            let text = std::str::from_utf8(bytes).unwrap();
            let fields: Vec<&str> = text.split('\0').collect();
            encode::student(fields[0], fields[1], fields[2])
                .map_or("too long".to_owned(), |pickle| hex(&pickle))
        }
        'd' => roster::greeted(bytes)
            .unwrap_or_else(|why| format!("refused: {why}")),
        'a' => match roster::is_acknowledgement(bytes) {
            Ok(true) => "yes".to_owned(),
            Ok(false) => "no".to_owned(),
            Err(why) => format!("refused: {why}"),
        },
        kind => panic!("no such request: {kind}"),
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// One byte more each time must lead where all of them at once lead.
fn scan_both_ways(bytes: &[u8]) -> Result<Option<usize>, Refused> {
    let at_once = Scanner::default().scan(bytes);
    let mut by_bytes = Scanner::default();
    let slow = (0..=bytes.len())
        .map(|end| by_bytes.scan(&bytes[..end]))
        .find(|scanned| *scanned != Ok(None))
        .unwrap_or(Ok(None));
    assert_eq!(at_once, slow, "{bytes:02x?}");
    at_once
}

fn text_of(bytes: &[u8], as_str: bool) -> Result<Option<String>, Refused> {
    let Some(length) = scan_both_ways(bytes)? else { return Ok(None) };
    let pickle = decode(&bytes[..length])?;
    let root = pickle.root();
    if as_str { pickle.str(root) } else { pickle.repr(root) }.map(Some)
}

fn conversation(piece: usize, input: &[u8]) -> String {
    let mut roster = Roster::new(1);
    let mut all = 0;
    let piece = if piece == 0 { input.len().max(1) } else { piece };
    for part in input.chunks(piece) {
        all += roster.answer(part).len();
    }
    let state = if roster.is_over() { "over" } else { "open" };
    let mut shown = format!("{all} {state}");
    while let Some(notice) = roster.notice() {
        let (kind, line) = match notice {
            Notice::Said(line) => ("said", line),
            Notice::Wrong(line) => ("wrong", line),
        };
        shown = [&shown, " ", kind, "[", &line, "]"].concat();
    }
    shown
}
