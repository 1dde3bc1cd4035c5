//! How far others have read.

use crate::chat::summary::ReadReceipt;
use crate::ids::{MessageId, UserId};
use crate::realtime::events::MessageRead;
use crate::sorted::SortedMap;

/// The read positions of everybody else, as far as they are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipts {
    by_user: SortedMap<UserId, ReadReceipt>,
}

impl Receipts {
    /// Takes what opening the conversation brought.
    pub fn take(&mut self, receipts: Vec<ReadReceipt>) {
        for receipt in receipts {
            self.put(receipt);
        }
    }

    /// Somebody has read on.
    pub fn heard(&mut self, read: &MessageRead) {
        if let Some(read_up_to) = read.read_up_to {
            self.put(ReadReceipt { user: read.reader.clone(), read_up_to, read_at: read.read_at });
        }
    }

    /// Who has read a message, those first who were first.
    pub fn readers(&self, message: MessageId) -> Vec<&ReadReceipt> {
        let mut readers: Vec<_> = self.by_user.values().filter(|it| it.read_up_to >= message).collect();
        readers.sort_by_key(|it| (it.read_at, it.user.id));
        readers
    }

    fn put(&mut self, receipt: ReadReceipt) {
        match self.by_user.get_mut(&receipt.user.id) {
            Some(known) if known.read_up_to >= receipt.read_up_to => {}
            Some(known) => *known = receipt,
            None => {
                self.by_user.insert(receipt.user.id, receipt);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::UserSummary;
    use crate::time::Timestamp;

    fn receipt(user: i64, up_to: i64, at: i64) -> ReadReceipt {
        ReadReceipt {
            user: UserSummary { id: UserId(user), name: format!("Person {user}") },
            read_up_to: MessageId(up_to),
            read_at: Timestamp::from_unix_ms(at),
        }
    }

    #[test]
    fn a_message_is_read_by_whoever_has_read_on_from_it() {
        let mut receipts = Receipts::default();
        receipts.take(vec![receipt(2, 5, 9), receipt(3, 7, 4), receipt(4, 2, 1)]);
        let readers = |receipts: &Receipts, id| -> Vec<i64> {
            receipts.readers(MessageId(id)).iter().map(|it| it.user.id.0).collect()
        };
        assert_eq!(readers(&receipts, 5), [3, 2]);
        receipts.take(vec![receipt(3, 4, 20), receipt(4, 5, 30)]);
        assert_eq!(readers(&receipts, 5), [3, 2, 4], "an older word changes nothing");
        assert!(readers(&receipts, 8).is_empty());
    }
}
