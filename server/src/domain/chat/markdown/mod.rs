//! The Markdown of messages: bold, italic, strike, code, links, quotes and lists. Everything else is shown as it was
//! written, since a message must never hide what its author typed.

mod links;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use ammonia::Builder;
use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, TextMergeWithOffset, html,
};

/// How deep quotes, lists and emphasis may stand in each other; beyond it their marks are left out, and their text
/// stays. Keeps a message of 4 000 `>` from becoming 4 000 elements in each other.
const MAX_DEPTH: usize = 16;

/// How often definitions are looked for again. Nobody who means well needs more.
const MAX_DEFINITION_ROUNDS: usize = 8;

/// What may be in a message. The renderer makes nothing else; this is the second lock on the door.
static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = ["p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"];
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(tags))
        .add_tag_attributes("a", ["href", "target"])
        .add_tag_attributes("ol", ["start"])
        .add_allowed_classes("span", ["vh"])
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// A message's body as HTML that is safe to put into a page.
///
/// A single line break is one on the page too. Links open in a new tab, and say so to screen readers.
pub(super) fn to_html(body: &str) -> String {
    let Some(body) = with_visible_definitions(body) else { return plain(body) };
    let parser = Parser::new_ext(&body, options()).into_offset_iter();
    let mut renderer = Renderer { body: &body, open: Vec::new(), is_in_code_block: false, events: Vec::new() };
    let mut events = TextMergeWithOffset::new(parser);
    while let Some((event, range)) = events.next() {
        renderer.take(event, range, &mut events);
    }
    let mut unclean = String::with_capacity(body.len() * 2);
    html::push_html(&mut unclean, renderer.events.into_iter());
    SANITISER.clean(unclean.trim_end()).to_string()
}

fn options() -> Options {
    Options::ENABLE_STRIKETHROUGH
}

/// The body with its link definitions (`[a]: https://…`) made text: as Markdown they would vanish from the page. `None`
/// if there is no end to them.
fn with_visible_definitions(body: &str) -> Option<String> {
    let mut body = body.to_owned();
    // A definition that was made text may bring another one to light, below it or of the same name.
    for _ in 0..MAX_DEFINITION_ROUNDS {
        let mut starts: Vec<usize> = Parser::new_ext(&body, options())
            .reference_definitions()
            .iter()
            .filter_map(|(_, it)| body.get(it.span.clone())?.find('[').map(|at| it.span.start + at))
            .collect();
        if starts.is_empty() {
            return Some(body);
        }
        starts.sort_unstable();
        for start in starts.into_iter().rev() {
            body.insert(start, '\\');
        }
    }
    None
}

/// The body without any Markdown.
fn plain(body: &str) -> String {
    let lines = body.split('\n').flat_map(|line| [Event::HardBreak, Event::Text(CowStr::from(line))]).skip(1);
    let mut unclean = String::with_capacity(body.len() * 2);
    html::push_html(&mut unclean, lines);
    SANITISER.clean(&format!("<p>{unclean}</p>")).to_string()
}

struct Renderer<'a> {
    body: &'a str,
    /// Of each open element, whether it was rendered.
    open: Vec<bool>,
    is_in_code_block: bool,
    events: Vec<Event<'a>>,
}

impl<'a> Renderer<'a> {
    fn take(
        &mut self,
        event: Event<'a>,
        range: Range<usize>,
        rest: &mut impl Iterator<Item = (Event<'a>, Range<usize>)>,
    ) {
        match event {
            Event::Start(Tag::Link { link_type: LinkType::Email, dest_url, .. }) => {
                self.link(&format!("mailto:{dest_url}"), inside(rest), range);
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.link(&dest_url, inside(rest), range),
            Event::Start(Tag::Image { .. }) => {
                inside(rest);
                self.source(range);
            }
            Event::Start(Tag::Heading { level, .. }) => self.heading(level, inside(rest), range),
            // An HTML block is a paragraph of text.
            Event::Start(Tag::HtmlBlock) => self.start(Tag::Paragraph),
            Event::End(TagEnd::HtmlBlock) => self.end(TagEnd::Paragraph),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if !info.trim().is_empty() => {
                self.code_block_called(info);
            }
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.is_in_code_block => self.events.push(Event::Text(text)),
            Event::Text(text) => self.events.extend(links::with_links(&text)),
            Event::Code(text) => self.events.push(Event::Code(text)),
            Event::Html(text) => self.lines(text.trim_end_matches('\n'), text.ends_with('\n')),
            Event::SoftBreak | Event::HardBreak => self.events.push(Event::HardBreak),
            Event::Rule => {
                self.start(Tag::Paragraph);
                self.source(range);
                self.end(TagEnd::Paragraph);
            }
            Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => self.source(range),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        let is_rendered = self.open.iter().filter(|it| **it).count() < MAX_DEPTH;
        self.open.push(is_rendered);
        // Its language would become a class.
        let tag = if let Tag::CodeBlock(_) = tag {
            self.is_in_code_block = true;
            Tag::CodeBlock(CodeBlockKind::Indented)
        } else {
            tag
        };
        if is_rendered {
            self.events.push(Event::Start(tag));
        }
    }

    /// A code block below what its author wrote beside the fence: a language as a rule, but it may be anything.
    fn code_block_called(&mut self, info: CowStr<'a>) {
        self.start(Tag::Paragraph);
        self.lines(info.trim(), false);
        self.end(TagEnd::Paragraph);
        self.start(Tag::CodeBlock(CodeBlockKind::Indented));
    }

    fn end(&mut self, tag: TagEnd) {
        if tag == TagEnd::CodeBlock {
            self.is_in_code_block = false;
        }
        if self.open.pop() == Some(true) {
            self.events.push(Event::End(tag));
        } else if tag == TagEnd::Paragraph {
            self.events.push(Event::HardBreak); // or two paragraphs would run into each other
        }
    }

    /// What was written, as text.
    fn source(&mut self, range: Range<usize>) {
        let source: &'a str = self.body.get(range).unwrap_or_default();
        self.lines(source.trim_end(), false);
    }

    /// Text with its line breaks.
    fn lines(&mut self, text: &str, ends_in_break: bool) {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.events.push(Event::HardBreak);
            }
            self.events.push(Event::Text(CowStr::from(line.to_owned())));
        }
        if ends_in_break {
            self.events.push(Event::HardBreak);
        }
    }

    fn link(&mut self, dest_url: &str, inner: Vec<(Event<'a>, Range<usize>)>, range: Range<usize>) {
        let text = visible_text(&inner);
        match links::Target::of(dest_url) {
            Some(target) if self.open.iter().all(|it| *it) => {
                self.events.push(target.start());
                if target.is_honestly_called(&text) {
                    let mut inner = inner.into_iter();
                    while let Some((event, range)) = inner.next() {
                        match event {
                            // No link in a link: its address, if the text is one, is the one that counts.
                            Event::Text(text) => self.events.push(Event::Text(text)),
                            other => self.take(other, range, &mut inner),
                        }
                    }
                } else {
                    self.events.push(Event::Text(CowStr::from(target.shown())));
                }
                self.events.push(links::Target::end());
            }
            _ => self.source(range),
        }
    }

    /// A heading as a paragraph with its marks.
    fn heading(&mut self, level: HeadingLevel, inner: Vec<(Event<'a>, Range<usize>)>, range: Range<usize>) {
        let source: &'a str = self.body.get(range).unwrap_or_default().trim();
        self.start(Tag::Paragraph);
        let is_underlined = !source.starts_with('#');
        if !is_underlined {
            let marks = "#".repeat(level as usize);
            let space = if inner.is_empty() { "" } else { " " };
            self.events.push(Event::Text(CowStr::from(format!("{marks}{space}"))));
        }
        let mut inner = inner.into_iter();
        while let Some((event, range)) = inner.next() {
            self.take(event, range, &mut inner);
        }
        if is_underlined && let Some(line) = source.lines().next_back() {
            self.events.push(Event::HardBreak);
            self.events.push(Event::Text(CowStr::from(line.trim().to_owned())));
        }
        self.end(TagEnd::Paragraph);
    }
}

/// What is inside the element that has just begun; takes its end too.
fn inside<'a>(rest: &mut impl Iterator<Item = (Event<'a>, Range<usize>)>) -> Vec<(Event<'a>, Range<usize>)> {
    let mut depth = 1_usize;
    let mut inner = Vec::new();
    for (event, range) in rest {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        inner.push((event, range));
    }
    inner
}

/// What a reader sees of some events.
fn visible_text(events: &[(Event<'_>, Range<usize>)]) -> String {
    let mut visible = String::new();
    for (event, _) in events {
        match event {
            Event::Text(text) | Event::Code(text) => visible.push_str(text),
            Event::SoftBreak | Event::HardBreak => visible.push(' '),
            _ => {}
        }
    }
    visible
}
