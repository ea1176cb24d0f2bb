//! That every lab can be played: its programs are the kit's, and what is
//! typed comes in turns.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::{LABS, Lab, lab, names};
use crate::catalogue::{Language, MODELS, PROGRAMS};
use crate::house::House;

fn words(command: &[std::ffi::OsString]) -> Vec<String> {
    let name = Path::new(&command[0]).file_name().unwrap();
    let args = command[1..].iter().map(|arg| arg.to_str().unwrap());
    [name.to_str().unwrap()].into_iter().chain(args).map(Into::into).collect()
}

fn programs(lab: &Lab) -> [&'static str; 2] {
    [lab.server[0], lab.client[0]]
}

#[test]
fn every_program_of_a_lab_is_one_of_the_kit() {
    for lab in LABS {
        for name in programs(lab) {
            let mut programs = PROGRAMS.iter();
            assert!(programs.any(|one| one.name == name), "{name}");
        }
    }
}

#[test]
fn the_kit_has_no_program_that_speaks_and_is_in_no_lab() {
    let silent = ["socket_tools", "worker_demo"];
    for program in &PROGRAMS {
        let is_here =
            LABS.iter().any(|lab| programs(lab).contains(&program.name));
        assert_ne!(is_here, silent.contains(&program.name), "{program:?}");
    }
}

#[test]
fn a_lab_is_found_by_its_name() {
    for name in names() {
        assert_eq!(lab(name).unwrap().name, name);
    }
    assert!(lab("knok").is_none());
}

#[test]
fn clients_are_told_the_port_and_servers_ask_for_any() {
    let house = House::find().unwrap();
    for lab in LABS {
        let cast = lab.cast(&house, Language::Rust, None, 3);
        assert!(words(&cast.server.command).contains(&"0".to_string()));
        assert_eq!(cast.clients.len(), 3);
        for client in cast.clients {
            let words = words(&client.command);
            let told = words.iter().filter(|word| *word == "{port}");
            assert_eq!(told.count(), 1, "{words:?}");
        }
    }
}

#[test]
fn a_pool_has_a_worker_for_each_client() {
    let house = House::find().unwrap();
    let knock = lab("knock").unwrap();
    for model in &MODELS {
        let name = Some(model.name);
        let cast = knock.cast(&house, Language::C, name, 3);
        let words = words(&cast.server.command);
        let at = words.iter().position(|word| word == "--workers");
        let workers = at.map(|at| words[at + 1].as_str());
        let is_pool =
            model.who_accepts.contains('N') || model.who_serves.contains('N');
        assert_eq!(workers, is_pool.then_some("3"), "{words:?}");
    }
}

#[test]
fn a_server_without_models_is_told_none() {
    let house = House::find().unwrap();
    let simple = lab("simple").unwrap();
    assert_eq!(simple.default_model(), None);
    let cast = simple.cast(&house, Language::Rust, None, 1);
    let expected = ["simple_server", "127.0.0.1", "0"];
    assert_eq!(words(&cast.server.command), expected);
}

#[test]
fn a_typist_waits_for_what_the_other_side_has_typed() {
    let house = House::find().unwrap();
    let chat = lab("chat").unwrap().cast(&house, Language::Rust, None, 2);
    let replies = &chat.server.typed;
    assert_eq!(replies.len(), 4);
    assert_eq!(replies[..2], replies[2..]);
    let said = chat.clients[0].typed.iter().map(|step| Some(step.line));
    let awaited: Vec<_> = replies.iter().map(|step| step.after).collect();
    assert_eq!(said.take(2).collect::<Vec<_>>(), awaited[..2]);
}
