//! What an actor does, step by step and in its turn: the same in every
//! language, but for how the language says it.

use super::plan::{Plan, Step, variable};

/// A language that programs are written in.
pub(super) trait Target {
    /// A line for the reader alone.
    fn remark(&self, text: &str) -> String;

    /// The call of a step, and what is said of it.
    fn statements(&self, step: &Step) -> Vec<String>;

    /// What stands around a child's acts, when its number is called so.
    fn fork(&self, pid: &str) -> Fork;
}

pub(super) struct Fork {
    pub(super) before: Vec<String>,
    /// How much deeper the child's acts are.
    pub(super) depth: usize,
    /// Its last act, unless it has one.
    pub(super) exit: &'static str,
    pub(super) after: Vec<String>,
}

/// The function of an actor.
pub(super) fn act(actor: &str) -> String {
    format!("{}_acts", variable(actor))
}

pub(super) fn acts(
    target: &dyn Target,
    plan: &Plan,
    actor: &str,
    depth: usize,
    text: &mut String,
) {
    let mut line = |depth: usize, line: &str| {
        if !line.is_empty() {
            text.push_str(&"    ".repeat(depth));
            text.push_str(line);
        }
        text.push('\n');
    };
    let mut ends = false;
    for step in plan.of_actor(actor) {
        let next = format!("pass({});", step.number + 1);
        line(depth, "");
        line(depth, &target.remark(&told(step)));
        if let Some(why) = step.left_out() {
            line(depth, &target.remark(&format!("left out: {why}")));
            // Its turn comes nevertheless.
            if plan.is_staged {
                line(depth, &format!("turn({});", step.number));
                line(depth, &next);
            }
            continue;
        }
        ends |= step.entry.call.name == "exit";
        let passes_first = step.entry.overtaken || ends;
        if plan.is_staged {
            line(depth, &format!("turn({});", step.number));
            if passes_first {
                line(depth, &next);
            }
        }
        if let (Some(child), Some(pid)) = (&step.entry.child, &step.child) {
            let fork = target.fork(pid);
            fork.before.iter().for_each(|it| line(depth, it));
            for it in child_acts(target, plan, child, depth, &fork) {
                line(0, &it);
            }
            fork.after.iter().for_each(|it| line(depth, it));
        } else {
            for one in target.statements(step) {
                line(depth, &one);
            }
        }
        for (port, fd) in &step.tells {
            let made = step.answer.is_some_and(|it| it.made.contains(fd));
            let fd = if made {
                step.made.last().cloned().unwrap_or_default()
            } else {
                step.fd(*fd)
            };
            line(depth, &format!("tell({port}, {fd});"));
        }
        if plan.is_staged && !passes_first {
            line(depth, &next);
        }
    }
    if plan.is_staged && !ends {
        line(depth, "");
        line(depth, &target.remark("It was there until the end."));
        line(depth, &format!("turn({});", plan.steps.len() + 1));
    }
}

fn child_acts(
    target: &dyn Target,
    plan: &Plan,
    child: &str,
    depth: usize,
    fork: &Fork,
) -> Vec<String> {
    let depth = depth + fork.depth;
    let mut text = String::new();
    acts(target, plan, child, depth, &mut text);
    if !plan.of_actor(child).any(|it| it.entry.call.name == "exit") {
        text.push_str(&"    ".repeat(depth));
        text.push_str(fork.exit);
    }
    text.trim_matches('\n').lines().map(str::to_owned).collect()
}

/// What was typed, and what came of it.
fn told(step: &Step) -> String {
    match step.answer {
        Some(answer) => format!("{} = {answer}", step.entry.call),
        None => step.entry.call.to_string(),
    }
}

/// Of lines with variables of their own.
pub(super) fn block(lines: Vec<String>) -> Vec<String> {
    let mut all = vec!["{".to_owned()];
    all.extend(lines.into_iter().map(|line| format!("    {line}")));
    all.push("}".into());
    all
}
