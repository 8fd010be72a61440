//! The first start of the program, as an operator reads it.

use std::fs::File;
use std::process::Stdio;

use baton_world::process::program;
use baton_world::world::PATIENCE;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test]
async fn a_first_start_tells_of_migrations_in_one_line_and_of_the_password_last() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = directory.path().join("log");
    let mut command = Command::new(program().expect("the program"));
    let data = directory.path().join("data");
    command.args(["serve", "--bind", "127.0.0.1:0", "--data"]).arg(&data);
    let set = std::env::vars_os().map(|(name, _)| name);
    for name in set.filter(|name| name.as_encoded_bytes().starts_with(b"BATON_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.stderr(File::create(&log).expect("a log")).spawn().expect("a server");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut said = Vec::new();
    let reading = async {
        while !said.last().is_some_and(|line: &String| line.contains(" password ")) {
            said.push(lines.next_line().await.expect("a line").expect("it goes on"));
        }
    };
    timeout(PATIENCE, reading).await.expect("it tells the password in time");
    assert!(said[0].starts_with("Baton is ready at http://127.0.0.1:"), "{said:?}");
    assert!(said[1].starts_with("The first admin (shown once): workspace main, "), "{said:?}");
    child.kill().await.expect("its end");
    let told = std::fs::read_to_string(&log).expect("its log");
    let of_schema: Vec<_> = told.lines().filter(|line| line.contains("migrat")).collect();
    assert_eq!(of_schema.len(), 1, "{told}");
    assert!(of_schema[0].contains("migrations applied"), "{told}");
}
