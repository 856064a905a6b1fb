//! Compares databases with a real MariaDB: starts a server of its own in a temporary folder, plays the scenarios of
//! `tests/conformance/mariadb/scenarios.txt` on it, and has `tests/conformance_mariadb.rs` compare what came of them.
//!
//! The server has no network, only a socket in its folder, and is stopped by the handle that started it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::shell;

/// Connections that an ordinary user may have.
const MOST_CONNECTIONS: usize = 20;

/// Compares with a real MariaDB.
///
/// # Errors
/// When the server cannot be started, and when anything ends otherwise.
pub(crate) fn run() -> Result<()> {
    let trace = shell::root().join("target/mariadb/played.csv");
    play(&trace)?;
    let mut test =
        shell::cargo_command(["test", "--quiet", "--package", "brownout", "--test", "conformance_mariadb"]);
    shell::run(test.env("BROWNOUT_MARIADB_TRACE", trace))
}

/// Writes what is kept in the repository anew.
///
/// # Errors
/// When the server cannot be started.
pub(crate) fn record() -> Result<()> {
    play(&folder().join("recorded.csv"))
}

fn folder() -> PathBuf {
    shell::root().join("tests/conformance/mariadb")
}

/// Plays all scenarios and writes how each session ended.
fn play(into: &Path) -> Result<()> {
    let text = fs::read_to_string(folder().join("scenarios.txt"))?;
    let server = Server::start()?;
    let mut table = String::from("scenario,session,errors,end_s\n");
    let sessions: Vec<Session> = text.lines().filter_map(Session::read).collect();
    ensure!(sessions.len() >= 10, "the scenarios cannot be read");
    for group in sessions.chunk_by(|a, b| a.scenario == b.scenario) {
        server.sql(&reset())?;
        for (session, (errors, end)) in group.iter().zip(server.play(group)?) {
            writeln!(table, "{},{},{errors},{end:.3}", session.scenario, session.name)?;
        }
    }
    writeln!(table, "too-many-connections,last,{},0", server.one_too_many()?)?;
    if let Some(parent) = into.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(into, table)?;
    println!("wrote {}", into.display());
    Ok(())
}

/// Three rows to lock, and others to change.
fn reset() -> String {
    let mut sql = String::from(
        "CREATE OR REPLACE TABLE test.rows_ (name VARCHAR(9) PRIMARY KEY, value INT) ENGINE=InnoDB;\n",
    );
    sql.push_str("INSERT INTO test.rows_ VALUES ('r1',0),('r2',0),('r3',0);\n");
    for row in ["r1", "r2", "r3"] {
        for number in 0..20 {
            let _ = writeln!(sql, "INSERT INTO test.rows_ VALUES ('{row}x{number}',0);");
        }
    }
    sql
}

struct Session<'t> {
    scenario: &'t str,
    name: &'t str,
    at: Duration,
    actions: Vec<&'t str>,
}

impl<'t> Session<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let (head, actions) = line.split_once(": ")?;
        let mut head = head.split(' ');
        let (scenario, name) = (head.next()?, head.next()?);
        if scenario == "#" {
            return None;
        }
        let at = Duration::from_secs_f64(head.next()?.parse().ok()?);
        Some(Session { scenario, name, at, actions: actions.split("; ").collect() })
    }

    /// Its statements. A failure that is not caught ends the client, which closes the connection.
    fn sql(&self) -> Result<String> {
        let mut sql = String::from("USE test;\nSTART TRANSACTION;\n");
        for action in &self.actions {
            let (caught, action) = match action.strip_prefix("try ") {
                Some(action) => (true, action),
                None => (false, *action),
            };
            let words: Vec<&str> = action.split(' ').collect();
            let statement = match words.as_slice() {
                ["lock", row] => format!("SELECT value INTO @v FROM rows_ WHERE name='{row}' FOR UPDATE"),
                ["share", row] => {
                    format!("SELECT value INTO @v FROM rows_ WHERE name='{row}' LOCK IN SHARE MODE")
                }
                ["change", row, count] => {
                    // Row by row: a statement on many rows may scan the table, and lock all of it.
                    let others = (0..count.parse::<u32>()?).map(|number| format!("{row}x{number}"));
                    let rows = others.chain([(*row).to_owned()]);
                    let changes: Vec<String> = rows
                        .map(|row| format!("UPDATE rows_ SET value=value+1 WHERE name='{row}'"))
                        .collect();
                    changes.join(";\n")
                }
                ["sleep", seconds] => format!("DO SLEEP({seconds})"),
                _ => bail!("`{action}` is no action"),
            };
            if caught {
                sql.push_str("DELIMITER //\nBEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1205, 1213 BEGIN GET DIAGNOSTICS \
                              CONDITION 1 @e = MYSQL_ERRNO; SELECT CONCAT('ERROR ', @e); END;\n");
                writeln!(sql, "{statement}; END//\nDELIMITER ;")?;
            } else {
                writeln!(sql, "{statement};")?;
            }
        }
        sql.push_str("COMMIT;\n");
        Ok(sql)
    }
}

/// A server of our own.
struct Server {
    folder: tempfile::TempDir,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut install = shell::command("mariadb-install-db");
        install.args([
            "--no-defaults",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
            "--user=root",
        ]);
        install.arg(format!("--datadir={}", data.display())).stdout(Stdio::null()).stderr(Stdio::null());
        ensure!(install.status().context("`mariadb-install-db` did not start")?.success(), "no data folder");
        let mut server = shell::command("mariadbd");
        server.args(["--no-defaults", "--user=root", "--skip-networking", "--innodb-lock-wait-timeout=1"]);
        server.arg(format!("--max-connections={MOST_CONNECTIONS}"));
        server.arg(format!("--datadir={}", data.display()));
        server.arg(format!("--socket={}", folder.path().join("socket").display()));
        let process =
            server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("`mariadbd` did not start")?;
        let server = Server { folder, process };
        for _ in 0..300 {
            if server
                .sql(
                    "CREATE DATABASE IF NOT EXISTS test; CREATE OR REPLACE USER u; GRANT ALL ON test.* TO u;",
                )
                .is_ok()
            {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        bail!("the server does not answer")
    }

    fn client(&self, user: &str) -> Command {
        let mut client = shell::command("mariadb");
        client.args(["--no-defaults", "--skip-column-names", "--batch", "--unbuffered"]);
        client
            .arg(format!("--user={user}"))
            .arg(format!("--socket={}", self.folder.path().join("socket").display()));
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        client
    }

    fn sql(&self, sql: &str) -> Result<()> {
        let mut client = self.client("root").spawn()?;
        client.stdin.take().context("it has an input")?.write_all(sql.as_bytes())?;
        let output = client.wait_with_output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Plays the sessions of one scenario: the errors that each saw, and when it ended \[s].
    #[expect(clippy::disallowed_methods, reason = "a real server runs by a real clock")]
    fn play(&self, sessions: &[Session]) -> Result<Vec<(String, f64)>> {
        let start = Instant::now();
        thread::scope(|scope| {
            let players: Vec<_> = sessions
                .iter()
                .map(|session| {
                    scope.spawn(move || -> Result<(String, f64)> {
                        let sql = session.sql()?;
                        thread::sleep(session.at.saturating_sub(start.elapsed()));
                        let mut client = self.client("u").spawn()?;
                        client.stdin.take().context("it has an input")?.write_all(sql.as_bytes())?;
                        let output = client.wait_with_output()?;
                        let end = start.elapsed().as_secs_f64();
                        Ok((errors(&[output.stdout, output.stderr].concat()), end))
                    })
                })
                .collect();
            players.into_iter().map(|player| player.join().expect("a player does not panic")).collect()
        })
    }

    /// What a user is told who comes when all connections are taken.
    fn one_too_many(&self) -> Result<String> {
        let mut held = Vec::new();
        for _ in 0..MOST_CONNECTIONS {
            let mut client = self.client("u").spawn()?;
            let mut input = client.stdin.take().context("it has an input")?;
            input.write_all(b"SELECT 1;\n")?;
            held.push((client, input));
        }
        thread::sleep(Duration::from_secs(2));
        let last = self.client("u").stdin(Stdio::null()).output()?;
        for (client, input) in held {
            drop(input);
            client.wait_with_output()?;
        }
        Ok(errors(&last.stderr))
    }
}

/// The numbers of the errors that a client reports, in order.
fn errors(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said).into_owned();
    let numbers =
        text.split("ERROR ").skip(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
    let numbers: Vec<String> = numbers.collect();
    numbers.join(" ")
}
