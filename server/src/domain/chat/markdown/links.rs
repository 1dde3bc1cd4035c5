//! Links: where one may lead, what its text may claim, and addresses in plain text.

use ammonia::Url;
use pulldown_cmark::{CowStr, Event};
use pulldown_cmark_escape::{escape_href, escape_html};

/// Where a link may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    url: Url,
}

impl Target {
    /// The target of an address; `None` if it is not one of the web or of mail, or if it hides where it leads.
    ///
    /// A name before the host (`https://bank.example@evil.example`) is such a hiding place.
    pub(super) fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let may_lead_there = match url.scheme() {
            "http" | "https" => {
                url.host_str().is_some_and(|it| !it.is_empty()) && url.username().is_empty() && url.password().is_none()
            }
            "mailto" => url.path().contains('@'),
            _ => false,
        };
        may_lead_there.then_some(Self { url })
    }

    /// The address as the browser shows it: a host in another script in the ASCII form that can't be mistaken.
    pub(super) fn shown(&self) -> String {
        match self.url.scheme() {
            "mailto" => self.url.path().to_owned(),
            _ => self.url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// Whether a link's text may stand: it names no host, or the one that the link leads to, and shows all of itself.
    pub(super) fn is_honestly_called(&self, text: &str) -> bool {
        let claimed: Vec<String> = text.split(is_apart).filter_map(claimed_host).collect();
        let has_text = text.chars().any(|it| !it.is_whitespace());
        has_text && !text.contains(is_deceptive) && claimed.iter().all(|it| self.hosts().contains(&it.as_str()))
    }

    /// The start of the element.
    pub(super) fn start(&self) -> Event<'static> {
        let mut href = String::new();
        // Writing to a string does not fail.
        let _infallible = escape_href(&mut href, self.url.as_str());
        Event::InlineHtml(CowStr::from(format!("<a href=\"{href}\" target=\"_blank\">")))
    }

    /// The end of the element, with what a screen reader should say.
    pub(super) fn end() -> Event<'static> {
        Event::InlineHtml(CowStr::from("<span class=\"vh\"> (opens in a new tab)</span></a>"))
    }

    fn hosts(&self) -> Vec<&str> {
        let host = match self.url.scheme() {
            "mailto" => self.url.path().rsplit('@').next(),
            _ => self.url.host_str(),
        };
        host.into_iter().flat_map(|it| [it, it.strip_prefix("www.").unwrap_or(it)]).collect()
    }
}

/// Plain text with the addresses of the web in it made links. Only those with a scheme: nobody types `https://` by
/// accident, while `readme.md` would be a link to Moldova.
pub(super) fn with_links(text: &str) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    let mut plain_from = 0;
    let mut search_from = 0;
    while let Some((start, end)) = next_address(text, search_from) {
        let address = &text[start..end];
        search_from = end;
        let Some(target) = Target::of(address) else { continue };
        push_text(&mut events, &text[plain_from..start]);
        events.push(target.start());
        // A host in another script and what turns the writing are shown as what they are; the rest as it was typed.
        let is_plain = target.url.host_str().is_some_and(|it| address.to_ascii_lowercase().contains(it))
            && !address.contains(is_deceptive);
        push_text(&mut events, &if is_plain { address.to_owned() } else { target.shown() });
        events.push(Target::end());
        plain_from = end;
    }
    push_text(&mut events, &text[plain_from..]);
    events
}

fn push_text(events: &mut Vec<Event<'static>>, text: &str) {
    if !text.is_empty() {
        let mut escaped = String::with_capacity(text.len());
        let _infallible = escape_html(&mut escaped, text);
        events.push(Event::InlineHtml(CowStr::from(escaped)));
    }
}

/// Where the next address begins and ends, without the punctuation of the sentence around it.
fn next_address(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let found = text[at..].find("://")? + at;
        let scheme = ["https", "http"].into_iter().find(|it| {
            found
                .checked_sub(it.len())
                .and_then(|start| text.get(start..found))
                .is_some_and(|s| s.eq_ignore_ascii_case(it))
        });
        let start = scheme
            .map(|it| found - it.len())
            .filter(|start| *start >= from && !text[..*start].chars().next_back().is_some_and(char::is_alphanumeric));
        let Some(start) = start else {
            at = found + 3;
            continue;
        };
        let length = text[start..].find(is_apart).unwrap_or(text.len() - start);
        return Some((start, start + trimmed_length(&text[start..start + length])));
    }
}

/// The length of an address without trailing punctuation; a bracket stays if it is opened inside.
fn trimmed_length(address: &str) -> usize {
    let mut address = address;
    while let Some(last) = address.chars().next_back() {
        let is_surplus = match last {
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '*' | '_' | '~' => true,
            ')' => address.matches(')').count() > address.matches('(').count(),
            ']' => address.matches(']').count() > address.matches('[').count(),
            _ => false,
        };
        if !is_surplus {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

/// What can't be part of an address.
fn is_apart(character: char) -> bool {
    character.is_whitespace() || matches!(character, '<' | '>' | '"' | '`' | '“' | '”' | '«' | '»')
}

/// What turns the direction of writing, or shows nothing.
fn is_deceptive(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The host that a word of a link's text claims to be.
fn claimed_host(word: &str) -> Option<String> {
    let word = word.trim_matches(|it: char| !it.is_alphanumeric() && it != '/' && it != ':');
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let (_, top) = host.trim_end_matches('.').rsplit_once(['.', '。', '．', '․'])?;
    let looks_like_a_host = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    if !looks_like_a_host && !word.contains("://") {
        return None;
    }
    let parsed = Url::parse(&format!("https://{host}")).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or(host).to_lowercase();
    Some(host.strip_prefix("www.").map_or(host.clone(), ToOwned::to_owned))
}
