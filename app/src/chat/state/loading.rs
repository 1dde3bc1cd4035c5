//! How the loading of the history goes: one page at a time, and what a later question has overtaken is dropped.

use crate::ids::MessageId;

/// A stretch of the history that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// The newest page, in place of all that is loaded.
    Newest,
    /// What lies around a message, in place of all that is loaded.
    Around(MessageId),
    /// What lies before the oldest message.
    Before(MessageId),
    /// What lies after the newest message.
    After(MessageId),
}

impl Stretch {
    /// Whether what is loaded gives way to it.
    pub const fn replaces_all(self) -> bool {
        matches!(self, Self::Newest | Self::Around(_))
    }
}

/// A question that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    number: u32,
    /// What is asked for.
    pub stretch: Stretch,
}

/// What is on its way, and what could not be loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    last_number: u32,
    asked: Option<Question>,
    failed: Option<Stretch>,
}

impl Loading {
    /// Begins to ask. `None` if a page is on its way already; one that replaces all doesn't wait for any other.
    pub fn ask(&mut self, stretch: Stretch) -> Option<Question> {
        if self.asked.is_some() && !stretch.replaces_all() {
            return None;
        }
        self.last_number += 1;
        let question = Question { number: self.last_number, stretch };
        self.asked = Some(question);
        self.failed = None;
        Some(question)
    }

    /// Begins to ask for more at an end that has come near. One that could not be loaded waits for a person to ask.
    pub fn ask_by_itself(&mut self, stretch: Stretch) -> Option<Question> {
        if self.failed.is_some() { None } else { self.ask(stretch) }
    }

    /// Takes the answer. False if a later question has overtaken it: then it must be dropped.
    pub fn answered(&mut self, question: Question, is_loaded: bool) -> bool {
        if self.asked != Some(question) {
            return false;
        }
        self.asked = None;
        self.failed = (!is_loaded).then_some(question.stretch);
        true
    }

    /// The way to the server has changed: what could not be loaded may be asked for by itself once more.
    pub fn forget_failure(&mut self) -> Option<Stretch> {
        self.failed.take()
    }

    /// Whether a page is on its way.
    pub const fn is_busy(self) -> bool {
        self.asked.is_some()
    }

    /// What could not be loaded.
    pub const fn failed(self) -> Option<Stretch> {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLDER: Stretch = Stretch::Before(MessageId(7));
    const NEWER: Stretch = Stretch::After(MessageId(9));

    #[test]
    fn an_end_that_could_not_be_loaded_is_not_asked_for_again_by_itself() {
        let mut loading = Loading::default();
        let question = loading.ask_by_itself(OLDER).unwrap();
        assert!(loading.answered(question, false));
        assert_eq!(loading.failed(), Some(OLDER));
        for stretch in [OLDER, NEWER] {
            assert_eq!(loading.ask_by_itself(stretch), None, "a person has not asked");
        }
        assert!(loading.ask(OLDER).is_some(), "somebody pressed the button");
        assert_eq!(loading.failed(), None);
    }

    #[test]
    fn one_page_is_loaded_at_a_time() {
        let mut loading = Loading::default();
        let question = loading.ask(OLDER).unwrap();
        assert_eq!((loading.ask(NEWER), loading.is_busy()), (None, true));
        assert!(loading.answered(question, true));
        assert!(loading.ask(NEWER).is_some());
    }

    #[test]
    fn a_late_page_is_dropped_once_everything_was_asked_for_anew() {
        let mut loading = Loading::default();
        let late = loading.ask(NEWER).unwrap();
        let newest = loading.ask(Stretch::Newest).unwrap();
        assert!(!loading.answered(late, true), "it would leave a hole below the page that was opened");
        assert!(loading.is_busy(), "the newest page is still on its way");
        assert!(loading.answered(newest, true));
        assert!(!loading.answered(newest, true), "an answer counts once");
    }

    #[test]
    fn a_late_failure_is_not_told() {
        let mut loading = Loading::default();
        let late = loading.ask(OLDER).unwrap();
        let newest = loading.ask(Stretch::Around(MessageId(3))).unwrap();
        assert!(!loading.answered(late, false));
        assert!(loading.answered(newest, true));
        assert_eq!(loading.failed(), None);
    }
}
