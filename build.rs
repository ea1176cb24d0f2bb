//! How the programs are linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // At a fixed address. A program that may lie anywhere has its tables of
    // pointers written when it starts, and every child of `fork` copies the
    // page table entries of those pages: 4 % of the connection rate.
    println!("cargo::rustc-link-arg-bins=-no-pie");
}
