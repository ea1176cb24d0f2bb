//! `--submissions DIR`: a whole class at once.
//!
//! All programs are examined by one crew, in the order of their names, and
//! each has its files as soon as it is finished. What is finished stays so:
//! the next time only the others are examined, and those that have changed.

mod fingerprint;
mod home;
mod results;
mod row;
mod submissions;
mod summary;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::forms::{Form, Look, Wish};
use super::report::{Report, Result as Came};
use super::sitting::{Candidate, Sitting, Terms};
use super::{Options, TROUBLE, UNSTARTABLE, hall, jobs, usage};
use crate::exit::{Verdict, words};
use crate::screen::Progress;
use fingerprint::Before;
use results::Results;
use row::{Mark, Row};
use submissions::{LeftOut, Submission, label};

/// The columns of a text that is read later, who knows where.
const WIDTH: usize = 80;

/// One who is to be examined: where in the table, and what it was before.
struct Student {
    row: usize,
    name: OsString,
    path: PathBuf,
    note: Option<String>,
    before: Before,
}

struct Class<'a> {
    terms: &'a Terms<'a>,
    results: Results,
    rows: Vec<Row>,
    students: Vec<Student>,
    sittings: Vec<Sitting<'a>>,
}

pub(crate) fn run(
    options: &Options,
    folder: &Path,
    terms: &Terms<'_>,
    wishes: &[Wish],
    look: Look,
) -> Result<Verdict> {
    let (mut class, left_out) = assemble(options, folder, terms, wishes, look);
    let known = class.rows.len() - class.sittings.len();
    let held = class.examine(jobs(options));
    class.close(held.as_ref().err());
    class.results.keep_summary(&summary::csv(terms, &class.rows))?;
    let text = if options.json {
        summary::json(terms, &class.rows)?
    } else {
        let results = class.results.folder.display().to_string();
        let mut lines = summary::table(terms, &class.rows);
        lines.extend(summary::afterwards(
            &class.rows,
            known,
            &left_out,
            &results,
        ));
        lines.join("\n") + "\n"
    };
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    held?;
    Ok(verdict(&class.rows))
}

/// Who is there, who is known, and who is to be examined.
fn assemble<'a>(
    options: &Options,
    folder: &Path,
    terms: &'a Terms<'a>,
    wishes: &[Wish],
    look: Look,
) -> (Class<'a>, Vec<LeftOut>) {
    let command = &options.command;
    let takes_files = command.iter().any(|it| it.contains("{submission}"));
    let into = options.results.clone();
    let into = into.unwrap_or_else(|| beside(folder));
    if let Some(why) = submissions::collide(folder, &into) {
        usage(why);
    }
    let found = submissions::find(folder, &into, takes_files);
    let (programs, left_out) = found.unwrap_or_else(|error| {
        usage(format!("{}: {}", folder.display(), words(&error)))
    });
    if programs.is_empty() {
        let why = left_out.first().map(|it| {
            format!(": {} is left out ({})", label(&it.name), it.why)
        });
        let why = why.unwrap_or_default();
        usage(format!("{} has no submissions{why}", folder.display()));
    }
    let forms: Vec<Form> = wishes.iter().map(|wish| wish.form).collect();
    let look = Look { width: WIDTH, ..look };
    let results = Results::open(&into, &forms, look)
        .unwrap_or_else(|error| usage(words(&error)));
    let rows = Vec::with_capacity(programs.len());
    let (students, sittings) = (Vec::new(), Vec::new());
    let mut class = Class { terms, results, rows, students, sittings };
    for program in programs {
        class.admit(program, command);
    }
    (class, left_out)
}

/// `class-results` beside `class`, also where that is `.`
fn beside(folder: &Path) -> PathBuf {
    let named = folder.file_name().map(|_| folder.to_owned());
    let named = named.or_else(|| fs::canonicalize(folder).ok());
    let mut path = named.unwrap_or_else(|| folder.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("-results");
    path.set_file_name(name);
    path
}

impl Class<'_> {
    fn admit(&mut self, program: Submission, command: &[String]) {
        let Submission { name, path, is_file } = program;
        let mut row = Row { name: label(&name), ..Row::default() };
        let before = Before::of(&path, self.terms, command);
        let fingerprint = before.fingerprint(&path);
        let known = fingerprint.and_then(|it| self.results.known(&name, &it));
        // A form that is wanted now may have been none then.
        if let Some(report) = known
            && self.results.keep(&name, &report).is_ok()
        {
            row.remarks.extend(report.notes.clone());
            row.set(&report);
            row.remarks.push("as before".to_owned());
            self.rows.push(row);
            return;
        }
        let (folder, note) = if is_file {
            (self.results.workplace(&name).ok(), None)
        } else {
            let home = home::of(&path, command);
            (Some(home.folder.into_os_string()), home.note)
        };
        row.remarks.extend(note.clone());
        let candidate = Candidate {
            command: command.to_vec(),
            folder,
            submission: Some(path.clone().into()),
        };
        let mut sitting = Sitting::new(self.terms, candidate);
        sitting.report.command = as_its_author(command, &name, is_file);
        self.sittings.push(sitting);
        let row_number = self.rows.len();
        self.rows.push(row);
        let row = row_number;
        self.students.push(Student { row, name, path, note, before });
    }

    fn examine(&mut self, jobs: usize) -> Result<()> {
        let Class { terms, results, rows, students, sittings } = self;
        let progress = Progress::new();
        let all = sittings.len();
        let mut done = 0;
        hall::hold(sittings, jobs, &mut |place, sitting| {
            let student = &students[place];
            let row = &mut rows[student.row];
            if sitting.is_over() {
                let report = &mut sitting.report;
                report.notes.extend(student.note.clone());
                if report.count(Came::Trouble) == 0 {
                    report.fingerprint =
                        student.before.fingerprint_after(&student.path);
                }
                results.keep(&student.name, report)?;
                row.set(report);
                *report = Report::default();
                done += 1;
                results.keep_summary(&summary::csv(terms, rows))?;
            }
            let name = &rows[student.row].name;
            progress.show(&format!("{done} of {all} are done; {name}"));
            Ok(())
        })
    }

    /// What is to be said of those who were not finished.
    fn close(&mut self, why: Option<&anyhow::Error>) {
        for student in &self.students {
            let row = &mut self.rows[student.row];
            if row.report.is_none() {
                let mut remark = "not reached".to_owned();
                if why.is_some() && self.results.has(&student.name) {
                    remark += " (its files are of an earlier check)";
                }
                row.remarks.push(remark);
            }
        }
    }
}

/// COMMAND for somebody who has the submission before him.
fn as_its_author(
    command: &[String],
    name: &OsStr,
    is_file: bool,
) -> Vec<String> {
    let own = if is_file { label(name) } else { ".".to_owned() };
    let words = command.iter();
    words.map(|word| word.replace("{submission}", &own)).collect()
}

fn verdict(rows: &[Row]) -> Verdict {
    let has = |row: &Row, mark| row.count(|it| it == mark) > 0;
    match () {
        () if rows.iter().any(|row| has(row, Mark::Undecided)) => TROUBLE,
        () if rows.iter().all(|row| has(row, Mark::Unstartable)) => {
            UNSTARTABLE
        }
        () if rows.iter().all(Row::has_passed) => Verdict::Good,
        () => Verdict::FellShort,
    }
}
