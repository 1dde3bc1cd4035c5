//! Figures of the process itself, as the kernel has them.

use std::fs;

use super::page::{Kind, Page};

/// Writes what can be read; on another system than Linux that is the tasks alone.
pub(super) fn write(page: &mut Page) {
    page.head("smartlink_tasks", Kind::Gauge, "Tasks of the runtime that have not ended.");
    page.line("smartlink_tasks", &[], tokio::runtime::Handle::current().metrics().num_alive_tasks());
    if let Some(bytes) = resident_bytes() {
        page.head("process_resident_memory_bytes", Kind::Gauge, "Memory that the process holds.");
        page.line("process_resident_memory_bytes", &[], bytes);
    }
    if let Some(threads) = status_kib("Threads:") {
        page.head("process_threads", Kind::Gauge, "Threads.");
        page.line("process_threads", &[], threads);
    }
    if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
        page.head("process_open_fds", Kind::Gauge, "Open files and sockets.");
        page.line("process_open_fds", &[], descriptors.count());
    }
    if let Some(seconds) = cpu_seconds() {
        page.head("process_cpu_seconds_total", Kind::Counter, "Time that processors have worked for the process.");
        page.line("process_cpu_seconds_total", &[], seconds);
    }
}

/// Memory that the process holds.
pub(in crate::http) fn resident_bytes() -> Option<u64> {
    status_kib("VmRSS:").map(|kib| kib * 1024)
}

/// A line of `/proc/self/status`, as a number in the unit that it has there.
fn status_kib(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|it| it.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// User and system time, which the kernel tells in hundredths of a second.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name, in brackets, may hold spaces; the fields are counted after it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u32 = fields.next()?.parse::<u32>().ok()?.checked_add(fields.next()?.parse().ok()?)?;
    Some(f64::from(ticks) / 100.0)
}
