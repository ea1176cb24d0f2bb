//! A run as a document, for a handout or a report.

use super::numbers::number;
use super::record::Record;
use super::sheets::{Block, Head, Sheet, blocks};
use super::table::opening;

/// The whole document.
pub(crate) fn document(record: &Record) -> String {
    let mut text = String::from("# Servers, measured\n\n");
    text += format!("{}.\n\n", plain(&opening(record))).as_str();
    text += format!("```\n{}\n```\n", record.command).as_str();
    if record.interrupted {
        text += "\nInterrupted: this is what there was.\n";
    }
    for block in blocks(record) {
        text += &section(&block);
    }
    if !record.notes.is_empty() {
        text += "\n## Notes\n\n";
        let notes = record.notes.iter();
        text += &bullets(notes.map(|note| plain(note)));
    }
    text += &machine(record);
    text
}

fn section(block: &Block) -> String {
    let mut text =
        format!("\n## {}\n\n{}\n", plain(&block.title), plain(block.how));
    for sheet in &block.sheets {
        text += format!("\n{}", table(sheet)).as_str();
    }
    if let Some(alike) = &block.alike {
        text += format!("\n{}\n", plain(alike)).as_str();
    }
    if !block.says.is_empty() {
        text += "\n### What it says\n\n";
        text += &bullets(block.says.iter().map(|says| plain(says)));
    }
    if !block.findings.is_empty() {
        text += "\n### What to know before believing it\n\n";
        let findings = block.findings.iter().map(|found| {
            let [kind, who, why] =
                [&found.kind, &found.who, &found.why].map(|it| plain(it));
            format!("**{kind}** ({who}): {why}")
        });
        text += &bullets(findings);
    }
    text
}

fn table(sheet: &Sheet) -> String {
    let heads = sheet.heads.iter().map(head).collect::<Vec<_>>();
    let rules = sheet.heads.iter();
    let rules: Vec<&str> =
        rules.map(|head| if head.is_words { ":--" } else { "--:" }).collect();
    let mut text = row(&heads);
    text += format!("| {} |\n", rules.join(" | ")).as_str();
    for cells in &sheet.rows {
        text += &row(&cells.iter().map(|it| plain(it)).collect::<Vec<_>>());
    }
    text
}

/// Markdown has one line of headings.
fn head(head: &Head) -> String {
    plain(format!("{} {}", head.over, head.name).trim())
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn bullets(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| format!("- {line}\n")).collect();
    lines.concat()
}

/// What a server's last words might hold must not become markup.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for at in text.chars() {
        match at {
            '|' | '*' | '_' | '`' | '<' | '[' | '\\' => {
                plain.push('\\');
                plain.push(at);
            }
            '\n' | '\r' => plain.push(' '),
            _ => plain.push(at),
        }
    }
    plain
}

fn machine(record: &Record) -> String {
    let machine = &record.machine;
    let memory = u32::try_from(machine.memory_bytes >> 20).unwrap_or(u32::MAX);
    let memory = format!("{} GiB", number(f64::from(memory) / 1024.0));
    let mut lines = vec![
        ("started", record.started.clone()),
        ("tool", record.tool.clone()),
        ("kernel", machine.kernel.clone()),
        ("CPU", format!("{} × {}", machine.cpus, machine.cpu)),
        ("memory", memory),
        ("CPUs in use", record.cpus.clone()),
    ];
    let compilers = [("rustc", &machine.rustc), ("cc", &machine.cc)];
    lines.extend(
        compilers
            .into_iter()
            .filter_map(|(name, version)| Some((name, version.clone()?))),
    );
    let limits = machine.limits.iter();
    lines.extend(limits.map(|(name, value)| (name.as_str(), value.clone())));
    let rows = lines
        .into_iter()
        .map(|(name, value)| row(&[plain(name), plain(&value)]));
    let rows: String = rows.collect();
    format!("\n## Machine\n\n| what | |\n| :-- | :-- |\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::record;
    use super::super::record::Mode;
    use super::*;

    #[test]
    fn every_row_of_a_table_has_as_many_cells_as_its_heading() {
        for mode in [Mode::Pingpong, Mode::Open, Mode::Idle, Mode::Unp] {
            let text = document(&record(mode));
            println!("{text}");
            let mut columns = None;
            for line in text.lines() {
                let bars = line.replace("\\|", "").matches('|').count();
                if !line.starts_with('|') {
                    columns = None;
                    continue;
                }
                assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
            }
            assert!(text.contains("```\nberkeley bench\n```"));
        }
    }

    #[test]
    fn a_servers_last_words_are_no_markup() {
        assert_eq!(plain("a|b\n<i>*x*_"), "a\\|b \\<i>\\*x\\*\\_");
    }
}
