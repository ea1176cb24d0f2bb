//! Why a case goes no further.

use std::fmt::Display;

use anyhow::Error;

use crate::check::report::{Comparison, Failure};

pub(super) enum Stop {
    /// The program did not do what it should.
    Failed(Box<Failure>),
    /// It could not be started.
    Unstartable(String),
    /// The machine lacks what the case needs.
    Skipped(String),
    /// The examiner's own trouble.
    Trouble(Error),
}

pub(super) type Done<T> = std::result::Result<T, Stop>;

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Stop {
        Stop::Trouble(error.into())
    }
}

/// The program fell short, in a sentence.
pub(super) fn failed(says: impl Into<String>) -> Box<Failure> {
    Box::new(Failure { says: says.into(), ..Failure::default() })
}

impl Failure {
    /// In words, where it is not about bytes.
    pub(super) fn with(
        mut self: Box<Self>,
        expected: impl Display,
        got: impl Display,
    ) -> Box<Self> {
        self.expected = Some(expected.to_string());
        self.got = Some(got.to_string());
        self
    }

    pub(super) fn bytes(
        mut self: Box<Self>,
        expected: &[u8],
        got: &[u8],
    ) -> Box<Self> {
        self.bytes = Some(Comparison::of(expected, got));
        self
    }

    pub(super) fn stop<T>(self: Box<Self>) -> Done<T> {
        Err(Stop::Failed(self))
    }
}
