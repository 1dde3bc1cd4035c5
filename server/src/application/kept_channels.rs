//! Which channels' events are kept for those who were away.

use app::realtime::ChannelName;

use crate::wildcard::fits;

/// Channels of which the newest events are kept in memory, by patterns of their names.
#[derive(Debug, Clone, Default)]
pub struct KeptChannels {
    /// `*` stands for any run of characters.
    pub patterns: Vec<String>,
    /// Channels with a log of their own, which no pattern means.
    pub has_log: Option<fn(&ChannelName) -> bool>,
}

impl KeptChannels {
    /// Whether the channel's newest events are kept in memory.
    pub fn keeps(&self, channel: &ChannelName) -> bool {
        !self.has_log(channel) && self.patterns.iter().any(|it| fits(it, channel.as_str()))
    }

    /// Whether events of this channel are kept at all, in memory or in a log.
    pub fn has_history(&self, channel: &ChannelName) -> bool {
        self.has_log(channel) || self.keeps(channel)
    }

    fn has_log(&self, channel: &ChannelName) -> bool {
        self.has_log.is_some_and(|has_log| has_log(channel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_foreign_channels_alone() {
        let patterns = vec!["orders.*".to_owned(), "private-*".to_owned()];
        let kept = KeptChannels { patterns, has_log: Some(|it| it.as_str() == "private-user.1") };
        let name = |text: &str| text.parse::<ChannelName>().expect("a name");
        assert!(kept.keeps(&name("orders.7")) && kept.keeps(&name("private-x")) && !kept.keeps(&name("news")));
        assert!(!kept.keeps(&name("private-user.1")) && kept.has_history(&name("private-user.1")));
        assert!(!KeptChannels::default().has_history(&name("orders.7")));
    }
}
