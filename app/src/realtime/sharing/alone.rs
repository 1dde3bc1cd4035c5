//! A tab that shares its line with nobody, as most have no other tab beside them.

use super::{Line, Start, Step};
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::{AttemptId, Input};

/// A socket, as the page's connection has it.
#[derive(Debug, Default)]
pub struct Alone {
    attempt: Option<AttemptId>,
    first: Option<String>,
    /// Whether it may have a socket: not before it is known that no other tab has one.
    is_leader: bool,
}

impl Line for Alone {
    fn open(&mut self, attempt: AttemptId) -> Vec<Step> {
        self.attempt = Some(attempt);
        if self.is_leader { vec![Step::OpenSocket] } else { Vec::new() }
    }

    fn send(&mut self, text: String) -> Vec<Step> {
        vec![Step::Send(text)]
    }

    fn close(&mut self) -> Vec<Step> {
        self.first = None;
        if self.attempt.take().is_some() && self.is_leader { vec![Step::CloseSocket] } else { Vec::new() }
    }

    fn leave(&mut self) -> Vec<Step> {
        Vec::new()
    }

    fn elected(&mut self) -> Vec<Step> {
        self.is_leader = true;
        self.attempt.map(|_| Step::OpenSocket).into_iter().collect()
    }

    fn hear(&mut self, _: &str) -> Vec<Step> {
        if self.is_leader { vec![Step::Share] } else { Vec::new() }
    }

    fn unanswered(&mut self, _: u32) -> Vec<Step> {
        Vec::new()
    }

    fn hurry(&mut self) -> Vec<Step> {
        Vec::new()
    }

    fn receive(&mut self, text: String) -> Vec<Step> {
        let Some(attempt) = self.attempt else { return Vec::new() };
        // Whatever comes first: nothing else does.
        self.first.get_or_insert_with(|| text.clone());
        vec![Step::Give(Input::Frame { attempt, text })]
    }

    fn socket_closed(&mut self, code: CloseCode) -> Vec<Step> {
        self.first = None;
        self.attempt.take().map(|attempt| Step::Give(Input::SocketClosed { attempt, code })).into_iter().collect()
    }

    fn start(&self) -> Option<Start> {
        let Self { attempt, first, is_leader } = self;
        Some(Start { is_leader: *is_leader, attempt: *attempt, first: first.clone(), channels: Vec::new() })
    }
    #[cfg(test)]
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}
