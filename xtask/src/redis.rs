//! Measures hit ratios of a real Redis under its eviction policies, for `tests/cache_redis.rs` to compare with ours.
//!
//! A private server on the loopback is asked for Zipf keys at a steady pace, each stored when it misses. Needs
//! `redis-server`, and half a minute for each policy: the clock of last use has a resolution of a second, so time
//! cannot be hurried.

#![expect(clippy::disallowed_methods, reason = "a real server runs in real time")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::shell;

/// Policies and numbers of samples. With a single sample Redis does no better than an uneven draw (0.526 where an even
/// one gives 0.538, as measured here): it takes what follows a random place of its table, which ours does not.
const POLICIES: [(&str, u32); 5] =
    [("allkeys-lru", 5), ("allkeys-lru", 10), ("allkeys-lfu", 5), ("allkeys-random", 5), ("volatile-ttl", 5)];
/// Keys, their Zipf exponent, requests a second, and seconds of a run; the second half is measured.
const KEYS: usize = 10_000;
const EXPONENT: f64 = 0.9;
const RATE: u32 = 5_000;
const SECONDS: u32 = 30;
/// Lifetimes under `volatile-ttl` \[s]: longer than the run, so that nothing expires.
const LIVES: (u64, u64) = (1_000, 2_000);

/// Measures a fresh Redis and compares.
///
/// # Errors
/// When the server cannot be run, or our hit ratios differ.
pub(crate) fn run() -> Result<()> {
    let path = shell::root().join("target/redis-measured.csv");
    fs::write(&path, measure()?)?;
    let mut test =
        shell::cargo_command(["test", "--quiet", "--package", "brownout", "--test", "cache_redis"]);
    shell::run(test.env("BROWNOUT_REDIS_MEASURED", path))
}

/// Measures a fresh Redis and keeps it in the repository.
///
/// # Errors
/// When the server cannot be run.
pub(crate) fn record() -> Result<()> {
    Ok(fs::write(shell::root().join("tests/conformance/redis/measured.csv"), measure()?)?)
}

fn measure() -> Result<String> {
    let mut table = String::from(
        "# Hit ratios of a real Redis, measured by `cargo xtask record-redis`: the second half of each run.\n\
         policy,samples,keys,exponent,rate_per_s,seconds,entries,hit_ratio\n",
    );
    for (policy, samples) in POLICIES {
        let (entries, ratio) =
            hit_ratio(policy, samples).with_context(|| format!("{policy}, {samples} samples"))?;
        println!("{policy:<16} {samples:>2} samples  {entries:>5} entries  {ratio:.4}");
        writeln!(table, "{policy},{samples},{KEYS},{EXPONENT},{RATE},{SECONDS},{entries},{ratio:.6}")?;
    }
    locks()?;
    Ok(table)
}

/// Mean number of entries and hit ratio of the second half of a run.
fn hit_ratio(policy: &str, samples: u32) -> Result<(u64, f64)> {
    let mut server = Server::start()?;
    server.ask(&["CONFIG", "SET", "maxmemory-policy", policy])?;
    server.ask(&["CONFIG", "SET", "maxmemory-samples", &samples.to_string()])?;
    let used: u64 = server
        .text(&["INFO", "memory"])?
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok())
        .context("INFO names the memory in use")?;
    server.ask(&["CONFIG", "SET", "maxmemory", &(used + 300_000).to_string()])?;
    let value = "x".repeat(100);
    let cumulative: Vec<f64> = (1..=KEYS)
        .scan(0.0, |sum, rank| {
            *sum += (rank as f64).powf(-EXPONENT);
            Some(*sum)
        })
        .collect();
    let total = cumulative[KEYS - 1];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let requests = RATE * SECONDS;
    let (mut hits, mut looked, mut entries, mut counted) = (0u64, 0u64, 0u64, 0u64);
    let start = Instant::now();
    for request in 0..requests {
        let due = Duration::from_secs_f64(f64::from(request) / f64::from(RATE));
        if let Some(early) = due.checked_sub(start.elapsed()) {
            sleep(early);
        }
        let drawn = random.unit() * total;
        let key = cumulative.partition_point(|sum| *sum <= drawn).to_string();
        let hit = server.ask(&["GET", &key])?;
        if !hit && policy.starts_with("volatile") {
            let life = LIVES.0 + random.next() % (LIVES.1 - LIVES.0);
            server.ask(&["SET", &key, &value, "EX", &life.to_string()])?;
        } else if !hit {
            server.ask(&["SET", &key, &value])?;
        }
        if request >= requests / 2 {
            looked += 1;
            hits += u64::from(hit);
            if request % 1_000 == 0 {
                entries += server.number(&["DBSIZE"])?;
                counted += 1;
            }
        }
    }
    let late = start.elapsed().as_secs_f64() / f64::from(SECONDS);
    ensure!(late < 1.05, "the machine was too slow: the run took {late:.2} times as long as it should");
    Ok((entries / counted, hits as f64 / looked as f64))
}

/// Checks what steps `lock-key` rest on: `SET NX PX`, expiry under the holder, compare and delete.
fn locks() -> Result<()> {
    const FREE: &str =
        "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end";
    let mut server = Server::start()?;
    ensure!(server.ask(&["SET", "lock", "a", "NX", "PX", "200"])?, "a free lock is taken");
    ensure!(!server.ask(&["SET", "lock", "b", "NX", "PX", "200"])?, "a taken lock is not");
    sleep(Duration::from_millis(260));
    ensure!(server.ask(&["SET", "lock", "b", "NX", "PX", "60000"])?, "it expired under its holder");
    ensure!(server.number(&["EVAL", FREE, "1", "lock", "a"])? == 0, "the former holder frees nothing");
    ensure!(server.number(&["EVAL", FREE, "1", "lock", "b"])? == 1, "the holder frees it");
    Ok(())
}

/// A server of our own, stopped when it is dropped.
struct Server {
    child: Child,
    folder: PathBuf,
    stream: BufReader<TcpStream>,
}

impl Server {
    fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = tempfile::tempdir()?.keep();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .context("`redis-server` cannot be started")?;
        let mut tries = 0;
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(error) if tries == 100 => bail!("redis-server does not answer: {error}"),
                Err(_) => sleep(Duration::from_millis(50)),
            }
            tries += 1;
        };
        stream.set_nodelay(true)?;
        Ok(Server { child, folder, stream: BufReader::new(stream) })
    }

    /// Sends a command and gives the first line of its answer.
    fn send(&mut self, words: &[&str]) -> Result<String> {
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            write!(command, "${}\r\n{word}\r\n", word.len())?;
        }
        self.stream.get_mut().write_all(command.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        ensure!(!line.starts_with('-'), "redis-server says {line}");
        Ok(line.trim_end().to_owned())
    }

    /// The text that a command answers with, if any.
    fn bulk(&mut self, words: &[&str]) -> Result<Option<String>> {
        let line = self.send(words)?;
        let Some(length) = line.strip_prefix('$') else { return Ok(Some(line)) };
        let length: i64 = length.parse()?;
        let Ok(length) = usize::try_from(length) else { return Ok(None) };
        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes)?;
        Ok(Some(String::from_utf8_lossy(&bytes[..length]).into_owned()))
    }

    /// Whether a command answers with anything.
    fn ask(&mut self, words: &[&str]) -> Result<bool> {
        Ok(self.bulk(words)?.is_some())
    }

    fn text(&mut self, words: &[&str]) -> Result<String> {
        self.bulk(words)?.context("an answer")
    }

    fn number(&mut self, words: &[&str]) -> Result<u64> {
        Ok(self.send(words)?.trim_start_matches(':').parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}
