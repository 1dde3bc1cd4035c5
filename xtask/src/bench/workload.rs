//! What is measured: a row of the table each.

use std::path::Path;

use anyhow::Result;

use super::database::Kind;
use super::fanout::{Fanout, Pace};
use super::report::Figure;
use super::{browser, connects, data, fanout, idle, messages, presence, stalled};

/// A row of the table.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    /// Whether it belongs to the fan-out, which is measured when nothing else is asked for.
    pub(super) is_default: bool,
    /// What figures are to reach: the figure's name, and in words how much.
    pub(super) goals: &'static [(&'static str, &'static str)],
    pub(super) run: fn(&Path) -> Result<Vec<Figure>>,
}

/// One channel, one event a request.
const fn one_channel(sockets: usize, pace: Pace) -> Fanout {
    Fanout { channels: 1, sockets_per_channel: sockets, batch: 1, publishers: 2, pace }
}

/// Many channels, one event a request.
const fn rooms(channels: usize, sockets: usize, pace: Pace) -> Fanout {
    Fanout { channels, sockets_per_channel: sockets, batch: 1, publishers: 4, pace }
}

const FEW: Pace = Pace::Flood { in_flight: 64 };
const MANY: Pace = Pace::Flood { in_flight: 1_000 };

/// All of them, in the order of the table.
pub(super) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "one-channel",
        doc: "1 channel × 1,000 sockets, as fast as it goes",
        is_default: true,
        goals: &[("ratio", "at least 2.0")],
        run: |binary| fanout::run(binary, &one_channel(1_000, FEW)),
    },
    Workload {
        name: "one-channel-paced",
        doc: "1 channel × 1,000 sockets, 20 events a second",
        is_default: true,
        goals: &[("ratio", "at least 1.0"), ("p99 ratio", "at most 1.05")],
        run: |binary| fanout::run(binary, &one_channel(1_000, Pace::PerSecond(20))),
    },
    Workload {
        name: "rooms",
        doc: "500 channels × 4 sockets, as fast as it goes",
        is_default: true,
        goals: &[],
        run: |binary| fanout::run(binary, &rooms(500, 4, MANY)),
    },
    Workload {
        name: "idle",
        doc: "10,000 idle connections, a channel each",
        is_default: true,
        goals: &[("KiB / connection", "at most 3"), ("left of the start", "at most 120 %")],
        run: idle::run,
    },
    Workload {
        name: "one-channel-5000",
        doc: "1 channel × 5,000 sockets, as fast as it goes",
        is_default: false,
        goals: &[("ratio", "at least 1.5")],
        run: |binary| fanout::run(binary, &one_channel(5_000, FEW)),
    },
    Workload {
        name: "batches-one-channel",
        doc: "batches of 10 events to 1 channel × 1,000 sockets",
        is_default: false,
        goals: &[("ratio", "at least 10")],
        run: |binary| fanout::run(binary, &Fanout { batch: 10, ..one_channel(1_000, FEW) }),
    },
    Workload {
        name: "batches-rooms",
        doc: "batches of 10 events over 500 channels × 4 sockets",
        is_default: false,
        goals: &[("ratio", "at least 1.0")],
        run: |binary| fanout::run(binary, &Fanout { batch: 10, ..rooms(500, 4, MANY) }),
    },
    Workload {
        name: "many-rooms",
        doc: "2,000 channels × 5 sockets, as fast as it goes",
        is_default: false,
        goals: &[("ratio", "at least 0.75")],
        run: |binary| fanout::run(binary, &rooms(2_000, 5, MANY)),
    },
    Workload {
        name: "many-rooms-paced",
        doc: "2,000 channels × 5 sockets, 500 events a second",
        is_default: false,
        goals: &[("p99 beyond the bare writer's", "at most 0.3 ms")],
        run: |binary| fanout::run(binary, &rooms(2_000, 5, Pace::PerSecond(500))),
    },
    Workload {
        name: "connects",
        doc: "4,000 connects and closes, 256 at a time, five times",
        is_default: false,
        goals: &[("ratio", "at least 0.55")],
        run: connects::run,
    },
    Workload {
        name: "presence",
        doc: "presence channel of 200, 50 joins and leaves at once",
        is_default: false,
        goals: &[("ratio", "at least 1.5")],
        run: presence::run,
    },
    Workload {
        name: "stalled",
        doc: "20 of 70 readers stop reading, 100 events of 10 KB a second",
        is_default: false,
        goals: &[
            ("p99 ratio", "at most 1.2"),
            ("growth / stalled reader", "at most 1,024 KiB"),
            ("most that waited for one", "at most 1,024 KiB"),
            ("gone after the bound", "at most 1 s"),
            ("complete again", "at least 100 %"),
        ],
        run: stalled::run,
    },
    Workload {
        name: "data-sqlite",
        doc: "a million messages on SQLite",
        is_default: false,
        goals: data::GOALS,
        run: |binary| data::run(binary, Kind::Sqlite),
    },
    Workload {
        name: "data-postgres",
        doc: "a million messages on PostgreSQL",
        is_default: false,
        goals: data::GOALS,
        run: |binary| data::run(binary, Kind::Postgres),
    },
    Workload {
        name: "messages-sqlite",
        doc: "messages to the room on SQLite, as fast as it goes",
        is_default: false,
        goals: messages::GOALS,
        run: |binary| messages::run(binary, Kind::Sqlite),
    },
    Workload {
        name: "messages-postgres",
        doc: "messages to the room on PostgreSQL, as fast as it goes",
        is_default: false,
        goals: messages::GOALS,
        run: |binary| messages::run(binary, Kind::Postgres),
    },
    Workload {
        name: "browser-enter",
        doc: "Enter pressed to one's own message drawn",
        is_default: false,
        goals: browser::ENTER,
        run: |_| browser::run("enter"),
    },
    Workload {
        name: "browser-receive",
        doc: "a frame received to its message drawn",
        is_default: false,
        goals: browser::RECEIVE,
        run: |_| browser::run("receive"),
    },
    Workload {
        name: "browser-switch",
        doc: "switching to a conversation of 50 messages that is loaded",
        is_default: false,
        goals: browser::SWITCH,
        run: |_| browser::run("switch"),
    },
    Workload {
        name: "browser-heap",
        doc: "memory of the page over 10,000 messages received",
        is_default: false,
        goals: browser::HEAP,
        run: |_| browser::run("heap"),
    },
    Workload {
        name: "browser-scroll",
        doc: "scrolling through 2,000 messages",
        is_default: false,
        goals: browser::SCROLL,
        run: |_| browser::run("scroll"),
    },
    Workload {
        name: "browser-loading",
        doc: "first visit, 50 messages, 10 Mbit/s, 40 ms",
        is_default: false,
        goals: browser::LOADING,
        run: |_| browser::run("loading"),
    },
    Workload {
        name: "browser-slow-4g",
        doc: "first visit, 50 messages, 1.6 Mbit/s, 150 ms",
        is_default: false,
        goals: browser::SLOW_4G,
        run: |_| browser::run("slow-4g"),
    },
    Workload {
        name: "browser-reading",
        doc: "reading further up while 200 messages arrive",
        is_default: false,
        goals: browser::READING,
        run: |_| browser::run("reading"),
    },
];
