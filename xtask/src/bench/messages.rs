//! Messages to the general room over the API, each stored, numbered and on the disk before it is answered, and what bounds
//! them: the processors, or the wait for the disk.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::api::Connection;
use super::database::{Database, Kind};
use super::million::{people, token, tokens};
use super::process_stat::cpu_time;
use super::report::Figure;
use super::smartlink::Smartlink;
use super::statistics::{percentile, real};

/// Connections that each send one message after the other.
const CONNECTIONS: u64 = 128;
/// Authors, so many that none of them reaches the limit of one person: 200 messages at once, and then 5 a second.
const PEOPLE: u64 = 1_024;
/// Before anything is measured.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long it is measured then.
const MEASURED: Duration = Duration::from_secs(10);
/// How often the disk is asked what a sync of it takes.
const SYNCS: usize = 200;

/// What is to be reached.
pub(super) const GOALS: &[(&str, &str)] = &[("messages / s", "at least 5,000")];

/// Sends for ten seconds.
pub(super) fn run(binary: &Path, kind: Kind) -> Result<Vec<Figure>> {
    let mut syncs = syncs()?;
    let database = Database::new(kind)?;
    database.migrate(binary)?;
    database.execute(&format!("{}\n{}", people(PEOPLE), tokens(kind, PEOPLE)))?;
    let settings = database.settings();
    let server = Smartlink::start(binary, &settings.iter().map(|(name, it)| (*name, it.as_str())).collect::<Vec<_>>())?;
    let (start, mut durations) = (Instant::now() + WARM_UP, Vec::new());
    let mut used = Vec::new();
    scope(|scope| -> Result<()> {
        let senders: Vec<_> = (0..CONNECTIONS).map(|it| scope.spawn(move || send(server.port, it, start))).collect();
        sleep(start.saturating_duration_since(Instant::now()));
        let before = cpu_times(&server, &database)?;
        sleep(MEASURED);
        used = cpu_times(&server, &database)?
            .iter()
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before))
            .collect();
        for sender in senders {
            durations.extend(sender.join().ok().context("a sender has panicked")??);
        }
        Ok(())
    })?;
    let messages = real(durations.len() as u64);
    let share = |used: Duration| used.as_secs_f64() / MEASURED.as_secs_f64() * 100.0;
    let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    let names = ["server's processor time", "sender's processor time", "database's processor time"];
    let mut figures = vec![
        Figure::new("messages / s", messages / MEASURED.as_secs_f64(), ""),
        Figure::new("p50", ms(percentile(&mut durations, 50)), "ms"),
        Figure::new("p99", ms(percentile(&mut durations, 99)), "ms"),
        Figure::new("one sync of the disk, p50", ms(percentile(&mut syncs, 50)), "ms"),
        Figure::new("one sync of the disk, p99", ms(percentile(&mut syncs, 99)), "ms"),
    ];
    figures.extend(names.into_iter().zip(used).map(|(name, used)| Figure::new(name, share(used), "% of a core")));
    Ok(figures)
}

/// Sends messages over a connection of its own, in the names of people of its own, and tells how long those took that
/// were answered while it was measured.
fn send(port: u16, sender: u64, start: Instant) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(port)?;
    let mut durations = Vec::new();
    for number in 0_u64.. {
        let person = 1 + sender + number * CONNECTIONS % PEOPLE;
        // With an id of the client's making, as browsers send it.
        let client_id = format!("00000000-0000-7000-8000-{:012x}", number * CONNECTIONS + sender);
        let text = format!("The budget of campaign {number} is used up by a third.");
        let body = format!(r#"{{"body":"{text}","client_id":"{client_id}"}}"#);
        let asked = Instant::now();
        let answer = connection.post("/api/chat/messages", &token(person), &body)?;
        let answered = Instant::now();
        ensure!(answer.status == 201, "a message was answered with {}: {}", answer.status, answer.body);
        if answered >= start + MEASURED {
            break;
        }
        if answered >= start {
            durations.push(answered - asked);
        }
    }
    Ok(durations)
}

/// Of the server, of this program, and of the database where that is a server as well.
fn cpu_times(server: &Smartlink, database: &Database) -> Result<Vec<Duration>> {
    let mut times = vec![cpu_time(server.pid())?, cpu_time(std::process::id())?];
    if let Database::Postgres(cluster) = database {
        let first = cluster.pid()?;
        let descendants = children(first)?.into_iter().filter_map(|it| cpu_time(it).ok());
        times.push(cpu_time(first)? + descendants.sum::<Duration>());
    }
    Ok(times)
}

/// Processes that a process has started.
fn children(parent: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        // It may have ended meanwhile.
        let Ok(status) = fs::read_to_string(entry.path().join("status")) else { continue };
        let found = status.lines().find_map(|it| it.strip_prefix("PPid:")).and_then(|it| it.trim().parse().ok());
        if found == Some(parent) {
            children.push(pid);
        }
    }
    Ok(children)
}

/// How long the disk takes to keep a page that was appended to a file.
fn syncs() -> Result<Vec<Duration>> {
    let folder = tempfile::tempdir()?;
    let mut file = File::create(folder.path().join("sync"))?;
    let mut durations = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[1; 4_096])?;
        let start = Instant::now();
        file.sync_data()?;
        durations.push(start.elapsed());
    }
    Ok(durations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_among_the_children_of_its_parent() {
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let found = children(std::process::id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.contains(&child.id()), "{found:?}");
    }
}
