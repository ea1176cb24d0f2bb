//! What a run leaves behind.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::common::{run, run_within};
use super::{bench, cells, folder};

#[test]
fn a_full_screen_does_not_cost_the_record() {
    let here = folder("full");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let load = ["--models", "epoll", "--mode", "connect", "--rounds", "1"];
    let mut command = bench(&load);
    let ended = command.arg("-o").arg(&here).stdout(full).status().unwrap();
    assert_eq!(ended.code(), Some(3));
    let names: Vec<String> = fs::read_dir(&here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for end in [".html", ".json"] {
        assert!(names.iter().any(|name| name.ends_with(end)), "{names:?}");
    }
}

#[test]
fn report_record_and_markdown_are_written_and_compared_with() {
    let here = folder("files");
    let args = ["--models", "thread,epoll", "--mode", "pingpong"];
    let pace = ["--concurrency", "2", "--rounds", "2", "--no-syscalls"];
    let all = [&args[..], &pace].concat();
    let finished = run(bench(&all).current_dir(&here), b"");
    assert_eq!(finished.code, 0, "{}", finished.err());
    let folder = here.join("berkeley-bench");
    let files = fs::read_dir(&folder).unwrap().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.sort();
    let [report, json] = &files[..] else { panic!("{files:?}") };
    for file in [report, json] {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(finished.out().contains(name), "{}", finished.out());
    }
    let text = fs::read_to_string(report).unwrap();
    assert!(text.contains("<svg") && !text.contains("src=\"http"), "{text}");

    let files = ["--json", "new.json", "--markdown", "new.md"];
    fs::copy(json, here.join("old.json")).unwrap();
    let mut command = bench(&all);
    command.args(files).args(["--compare", "old.json"]).current_dir(&here);
    let compared = run(&mut command, b"");
    assert_eq!(compared.code, 0, "{}", compared.err());
    assert!(compared.out().contains("old.json"), "{}", compared.out());
    let markdown = fs::read_to_string(here.join("new.md")).unwrap();
    assert!(markdown.contains("| "), "{markdown}");
    assert!(here.join("new.json").is_file());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);

    let broken = here.join("broken.json");
    fs::write(&broken, "{\"format\": 1, ").unwrap();
    let broken = broken.to_str().unwrap();
    let refused = run(bench(&all).args(["--compare", broken]), b"");
    assert_eq!(refused.code, 3);
    assert!(refused.err().contains(broken), "{}", refused.err());
}

/// Two minutes, and some more on a busy machine.
#[test]
#[ignore = "takes minutes"]
fn without_options_everything_is_measured() {
    let here = folder("everything");
    let limit = Duration::from_secs(600);
    let finished = run_within(limit, bench(&[]).current_dir(&here), b"");
    assert_eq!(finished.code, 0, "{}\n{}", finished.out(), finished.err());
    let files = fs::read_dir(here.join("berkeley-bench")).unwrap().flatten();
    for file in files.map(|file| file.path()) {
        let text = fs::read_to_string(&file).unwrap();
        if file.extension().unwrap() == "html" {
            assert!(text.len() < 1_500_000, "{} bytes", text.len());
            continue;
        }
        let record: Value = serde_json::from_str(&text).unwrap();
        // Ping-pong of 1, 8 and 50 peers, connect, idle.
        assert_eq!(cells(&record).len(), 5 * 28);
        for cell in cells(&record) {
            assert_eq!(cell["errors"], serde_json::json!({}), "{cell:#}");
            let alone = cell["concurrency"] == 1 || cell["mode"] == "connect";
            assert!(!alone || cell["starved"] == 0, "{cell:#}");
        }
    }
}
