//! What people wait for when they open the app, with a million messages stored: pages of history, the list of
//! conversations with its unread counts. Beside it stands what an answer costs that asks nothing of those tables.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::api::Connection;
use super::database::{Database, Kind};
use super::million::{self, MESSAGES, token};
use super::report::Figure;
use super::smartlink::Smartlink;
use super::statistics::percentile;

/// Requests of each kind that are measured, after as many as a tenth of them that are not.
const REQUESTS: u64 = 500;

/// What is asked: the names of its figures, and the path of the request with a number, from which a place follows.
struct Question {
    p50: &'static str,
    p99: &'static str,
    path: fn(u64) -> String,
}

/// A message far from both ends, another one each time, so that no page is asked for twice.
fn deep(number: u64) -> u64 {
    MESSAGES / 4 + number * 7_919 % (MESSAGES / 2)
}

/// The channel of one of the conversations, and with it its name.
fn conversation(number: u64) -> String {
    format!("private-chat.1.{}", 2 + number * 7 % 500)
}

const QUESTIONS: [Question; 9] = [
    Question { p50: "baseline: /up, p50", p99: "baseline: /up, p99", path: |_| "/up".to_owned() },
    Question { p50: "baseline: who am I, p50", p99: "baseline: who am I, p99", path: |_| "/api/user".to_owned() },
    Question {
        p50: "newest page of the room, p50",
        p99: "newest page of the room, p99",
        path: |_| "/api/chat/messages".to_owned(),
    },
    Question {
        p50: "page deep in the room, p50",
        p99: "page deep in the room, p99",
        path: |number| format!("/api/chat/messages?before={}", deep(number)),
    },
    Question {
        p50: "page around a message of the room, p50",
        p99: "page around a message of the room, p99",
        // Messages of the room have odd numbers.
        path: |number| format!("/api/chat/messages?around={}", deep(number) | 1),
    },
    Question {
        p50: "room at its first unread message, p50",
        p99: "room at its first unread message, p99",
        path: |_| "/api/chat/messages?unread=true".to_owned(),
    },
    Question {
        p50: "newest page between two, p50",
        p99: "newest page between two, p99",
        path: |number| format!("/api/chat/messages?conversation={}", conversation(number)),
    },
    Question {
        p50: "page deep between two, p50",
        p99: "page deep between two, p99",
        path: |number| format!("/api/chat/messages?conversation={}&before={}", conversation(number), deep(number)),
    },
    Question {
        p50: "50 conversations with unread counts, p50",
        p99: "50 conversations with unread counts, p99",
        path: |_| "/api/chat/conversations".to_owned(),
    },
];

/// What each of them is to reach, but the baselines.
pub(super) const GOALS: &[(&str, &str)] = &[
    (QUESTIONS[2].p99, GOAL),
    (QUESTIONS[3].p99, GOAL),
    (QUESTIONS[4].p99, GOAL),
    (QUESTIONS[5].p99, GOAL),
    (QUESTIONS[6].p99, GOAL),
    (QUESTIONS[7].p99, GOAL),
    (QUESTIONS[8].p99, GOAL),
];
const GOAL: &str = "at most 10 ms";

/// Fills a database and asks one question after the other, over one connection.
pub(super) fn run(binary: &Path, kind: Kind) -> Result<Vec<Figure>> {
    let database = Database::new(kind)?;
    database.migrate(binary)?;
    database.execute(&million::sql(kind))?;
    let settings = database.settings();
    let server = Smartlink::start(binary, &settings.iter().map(|(name, it)| (*name, it.as_str())).collect::<Vec<_>>())?;
    let mut connection = Connection::open(server.port)?;
    let mut figures = Vec::new();
    for question in &QUESTIONS {
        let mut durations = Vec::new();
        for number in 0..REQUESTS + REQUESTS / 10 {
            let duration = ask(&mut connection, &(question.path)(number))?;
            if number >= REQUESTS / 10 {
                durations.push(duration);
            }
        }
        figures.push(Figure::new(question.p50, ms(percentile(&mut durations, 50)), "ms"));
        figures.push(Figure::new(question.p99, ms(percentile(&mut durations, 99)), "ms"));
    }
    Ok(figures)
}

fn ask(connection: &mut Connection, path: &str) -> Result<Duration> {
    let start = Instant::now();
    let answer = connection.get(path, &token(1))?;
    let duration = start.elapsed();
    ensure!(answer.status == 200, "{path} was answered with {}: {}", answer.status, answer.body);
    Ok(duration)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
