//! Paper: lines of a known width, on standard output.
//!
//! Colour goes to a terminal only, and not where `NO_COLOR` is set:
//! `anstream` takes the codes out. No meaning is in a colour alone.

use std::env;
use std::io::{self, IsTerminal, StderrLock, StdoutLock, Write};
use std::os::fd::{AsFd, AsRawFd};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// A heading.
pub(crate) const HEADING: Style = Style::new().bold();
/// Running text.
pub(crate) const PLAIN: Style = Style::new();
/// The name of a program, of a command to type.
pub(crate) const NAME: Style = AnsiColor::Cyan.on_default();
/// What is there, but not what one looks for.
pub(crate) const QUIET: Style = Style::new().dimmed();
/// `ok`
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What fell short.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Narrower than this and columns would not fit any more.
const NARROWEST: usize = 72;
/// Wider than this and the eye would lose its line.
const WIDEST: usize = 100;

/// Standard output.
pub(crate) struct Screen {
    out: AutoStream<StdoutLock<'static>>,
    /// How many columns there are to be filled.
    pub(crate) width: usize,
}

impl Screen {
    pub(crate) fn open() -> Screen {
        let out = AutoStream::auto(io::stdout().lock());
        let columns = columns(&io::stdout()).unwrap_or(80);
        Screen { out, width: columns.clamp(NARROWEST, WIDEST) }
    }

    /// Whether styles are seen there.
    pub(crate) fn is_coloured(&self) -> bool {
        self.out.current_choice() != ColorChoice::Never
    }

    /// One line as it is, styles included.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{}", line.trim_end())
    }

    pub(crate) fn blank(&mut self) -> io::Result<()> {
        self.line("")
    }

    /// A name in capitals over what follows.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.line(&paint(HEADING, text))
    }

    /// Running text between `indent` and the edge, all in one style.
    pub(crate) fn prose(
        &mut self,
        indent: usize,
        style: Style,
        text: &str,
    ) -> io::Result<()> {
        for line in textwrap::wrap(text, self.width - indent) {
            let line = paint(style, &line);
            self.line(&format!("{:indent$}{line}", ""))?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// `text` in this style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("{style}{text}{style:#}")
}

/// `text`, and blanks up to this width; styles take no room.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let used = textwrap::core::display_width(text);
    format!("{text}{:1$}", "", width.saturating_sub(used))
}

/// The start of `text` that takes no more than this width.
fn cut(text: &str, width: usize) -> String {
    let mut used = 0;
    let fits = |one: &char| {
        used += textwrap::core::display_width(one.encode_utf8(&mut [0; 4]));
        used <= width
    };
    text.chars().filter(|c| !c.is_control()).take_while(fits).collect()
}

/// The width of the terminal that this is. A pipe has none but that which
/// COLUMNS says: the one of the paper that it leads to.
pub(crate) fn columns(stream: &impl AsFd) -> Option<usize> {
    let fd = stream.as_fd();
    if !fd.is_terminal() {
        let columns = env::var("COLUMNS").ok()?;
        return columns.parse().ok().filter(|columns| *columns > 0);
    }
    // SAFETY: four numbers; zeros are good ones.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: TIOCGWINSZ writes one winsize, to where the pointer says.
    let asked = unsafe {
        libc::ioctl(fd.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size)
    };
    (asked == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// What is being done right now: one line on stderr, on a terminal only,
/// gone when the next one comes.
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        let is_dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        Progress { is_shown: io::stderr().is_terminal() && !is_dumb }
    }

    /// Cut at the terminal's edge: of two rows only the lower one could be
    /// taken away again.
    pub(crate) fn show(&self, what: &str) {
        let width = columns(&io::stderr()).unwrap_or(80);
        let what = cut(what, width.saturating_sub(1));
        self.write(|err| write!(err, "\r\x1b[K{what}"));
    }

    pub(crate) fn clear(&self) {
        self.write(|err| write!(err, "\r\x1b[K"));
    }

    /// A line that stays.
    pub(crate) fn note(&self, line: &str) {
        self.write(|err| writeln!(err, "\r\x1b[K{line}"));
    }

    /// Whether this line can be written is nobody's concern.
    fn write(
        &self,
        write: impl FnOnce(&mut StderrLock<'static>) -> io::Result<()>,
    ) {
        if self.is_shown {
            let mut err = io::stderr().lock();
            let _ = write(&mut err).and_then(|()| err.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn progress_stays_on_one_row() {
        assert_eq!(cut("round 3 of 11", 5), "round");
        assert_eq!(cut("short", 80), "short");
        assert_eq!(cut("\u{754c}\u{754c}", 3), "\u{754c}");
        assert_eq!(cut("two\r\nrows", 80), "tworows");
    }
}
