use proptest::prelude::*;

use super::to_html;

const NEW_TAB: &str = "<span class=\"vh\"> (opens in a new tab)</span></a>";

fn link(href: &str, text: &str) -> String {
    format!("<a href=\"{href}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">{text}{NEW_TAB}")
}

#[test]
fn the_subset_is_rendered() {
    for (body, html) in [
        ("plain", "<p>plain</p>"),
        (
            "**bold** *italic* ~~gone~~ `code`",
            "<p><strong>bold</strong> <em>italic</em> <del>gone</del> <code>code</code></p>",
        ),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("```rust\nlet a = 1 < 2;\n```", "<p>rust</p>\n<pre><code>let a = 1 &lt; 2;\n</code></pre>"),
        ("~~~aaa", "<p>aaa</p>\n<pre><code></code></pre>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
    ] {
        assert_eq!(to_html(body), html, "{body:?}");
    }
}

#[test]
fn a_single_line_break_is_a_line_break() {
    assert_eq!(to_html("one\ntwo"), "<p>one<br>\ntwo</p>");
}

#[test]
fn what_is_not_of_the_subset_is_shown_as_it_was_written() {
    for (body, html) in [
        ("# Title", "<p># Title</p>"),
        ("#", "<p>#</p>"),
        ("Title\n=====", "<p>Title<br>\n=====</p>"),
        ("---", "<p>---</p>"),
        ("![a cat](https://example.com/cat.png)", "<p>![a cat](https://example.com/cat.png)</p>"),
        ("a <b>b</b>", "<p>a &lt;b&gt;b&lt;/b&gt;</p>"),
        (
            "[a]: https://example.com/ \"t\"",
            &format!("<p>[a]: {} \"t\"</p>", link("https://example.com/", "https://example.com/")),
        ),
        ("| a | b |\n|---|---|", "<p>| a | b |<br>\n|---|---|</p>"),
        ("&copy; &lt;", "<p>© &lt;</p>"),
    ] {
        assert_eq!(to_html(body), html, "{body:?}");
    }
}

#[test]
fn links_open_in_a_new_tab_and_say_so() {
    assert_eq!(
        to_html("[docs](https://example.com/a?b=1&c=2)"),
        format!("<p>{}</p>", link("https://example.com/a?b=1&amp;c=2", "docs"))
    );
    let mail = link("mailto:ada@example.com", "ada@example.com");
    assert_eq!(to_html("<ada@example.com>"), format!("<p>{mail}</p>"));
    assert_eq!(
        to_html("[write](mailto:ada@example.com)"),
        format!("<p>{}</p>", link("mailto:ada@example.com", "write"))
    );
}

#[test]
fn a_bare_address_of_the_web_is_a_link() {
    let example = link("https://example.com/a_b_c", "https://example.com/a_b_c");
    for (body, html) in [
        ("see https://example.com/a_b_c.", format!("<p>see {example}.</p>")),
        ("(https://example.com/a_b_c)", format!("<p>({example})</p>")),
        ("**https://example.com/a_b_c**", format!("<p><strong>{example}</strong></p>")),
        ("<https://example.com/a_b_c>", format!("<p>{example}</p>")),
        (
            "https://example.com/a_(b)",
            format!("<p>{}</p>", link("https://example.com/a_(b)", "https://example.com/a_(b)")),
        ),
        ("HTTPS://Example.com", format!("<p>{}</p>", link("https://example.com/", "HTTPS://Example.com"))),
        (
            "https://a.example https://b.example",
            format!(
                "<p>{} {}</p>",
                link("https://a.example/", "https://a.example"),
                link("https://b.example/", "https://b.example")
            ),
        ),
        (
            "readme.md www.example.com ftp://example.com",
            "<p>readme.md www.example.com ftp://example.com</p>".to_owned(),
        ),
        ("`https://example.com`", "<p><code>https://example.com</code></p>".to_owned()),
        ("https://", "<p>https://</p>".to_owned()),
    ] {
        assert_eq!(to_html(body), html, "{body:?}");
    }
}

#[test]
fn scripts_never_run() {
    for body in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "[x](https://example.com/\" onmouseover=\"alert(1))",
        "[x](https://example.com \"a\\\" onclick=alert(1)\")",
        "```\"><script>alert(1)</script>\n```",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "`</code><script>alert(1)</script>`",
        "https://example.com/\"onmouseover=\"alert(1)",
        "https://example.com/'><script>alert(1)</script>",
        "<a href=\"https://example.com\" onclick=\"alert(1)\">x</a>",
        "<style>body{display:none}</style>",
        "<!-- --><iframe src=https://example.com>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    ] {
        let html = to_html(body);
        assert_harmless(&html, body);
        assert!(!html.contains("href=\"javascript") && !html.contains("href=\"data"), "{body:?} gave {html}");
    }
}

#[test]
fn a_link_that_is_refused_is_shown_as_it_was_written() {
    assert_eq!(to_html("[x](javascript:alert(1))"), "<p>[x](javascript:alert(1))</p>");
    assert_eq!(to_html("[x](/settings)"), "<p>[x](/settings)</p>");
}

#[test]
fn a_text_that_claims_another_host_gives_way_to_the_real_address() {
    let evil = format!("<p>{}</p>", link("https://evil.example/login", "https://evil.example/login"));
    for text in [
        "https://bank.example",
        "bank.example",
        "www.bank.example/login",
        "**bank**.example",
        "log in at bank.example now",
        "BANK.EXAMPLE.",
        "https://bank.example@evil.example.bank.example",
        "bank。example",
        "",
        " ",
    ] {
        assert_eq!(to_html(&format!("[{text}](https://evil.example/login)")), evil, "{text:?}");
    }
    for text in ["our page", "evil.example", "https://www.evil.example/other", "version 2.0", "e.g. this"] {
        let html = to_html(&format!("[{text}](https://evil.example/login)"));
        assert!(html.contains(&format!(">{text}<span")), "{text:?} gave {html}");
    }
}

#[test]
fn an_address_that_hides_its_host_is_no_link() {
    for body in ["https://bank.example@evil.example/", "[x](https://bank.example:443@evil.example/)"] {
        assert!(!to_html(body).contains("<a "), "{body:?} is a link");
    }
}

#[test]
fn a_host_in_another_script_is_shown_as_what_it_is() {
    let html = to_html("https://аррӏе.com"); // Cyrillic letters that look like Latin ones
    assert_eq!(html, format!("<p>{}</p>", link("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com")));
}

#[test]
fn an_address_that_turns_the_writing_is_shown_as_what_it_is() {
    let target = "https://evil.example/%E2%80%AEgpj.exe";
    assert_eq!(to_html("https://evil.example/\u{202e}gpj.exe"), format!("<p>{}</p>", link(target, target)));
    let reversed = to_html("[\u{202e}elpmaxe.knab](https://evil.example/)");
    assert_eq!(reversed, format!("<p>{}</p>", link("https://evil.example/", "https://evil.example")));
}

#[test]
fn definitions_without_end_are_plain_text() {
    let html = to_html(&"[a]: b\n\n".repeat(500));
    assert_eq!(html.matches("[a]: b").count(), 500);
}

#[test]
fn the_worst_message_is_rendered_in_a_moment() {
    for pattern in
        ["[a]: b\n\n", "*a **b ", "[a](", "![", "`", "<a ", "> ", "- ", "_*", "https://a.b ", "&amp;", "\\", "]:"]
    {
        let body: String = pattern.chars().cycle().take(4_000).collect();
        let began = std::time::Instant::now();
        to_html(&body);
        // Without optimisation, on a busy machine; with it, it is a millisecond or two.
        assert!(began.elapsed() < std::time::Duration::from_secs(2), "{pattern:?} took {:?}", began.elapsed());
    }
}

#[test]
fn elements_in_each_other_end_somewhere() {
    for body in [">".repeat(2_000) + "deep", "- ".repeat(2_000) + "deep", "*a **b ".repeat(500), "[".repeat(4_000)] {
        let html = to_html(&body);
        let depth = html.matches("<blockquote>").count().max(html.matches("<ul>").count());
        assert!(depth <= super::MAX_DEPTH, "{depth} elements in each other");
    }
    assert!(to_html(&(">".repeat(2_000) + "deep")).contains("deep"));
}

/// No element, attribute or address but those of the subset: what a browser would make of it, asked of its parser.
fn assert_harmless(html: &str, body: &str) {
    assert_eq!(super::SANITISER.clean(html).to_string(), html, "{body:?} gave something else than clean HTML");
    for forbidden in ["<script", "<img", "<svg", "<iframe", "<style", "<math", "<h1", "<table"] {
        assert!(!html.to_lowercase().contains(forbidden), "{body:?} gave {html}");
    }
}

proptest! {
    #[test]
    fn whatever_is_written_becomes_harmless_html(body in "[\\[\\]()<>*_~`#>!:/\\\\\"'&;=a-c \n\t.@hjavscriptp-]{0,120}") {
        assert_harmless(&to_html(&body), &body);
    }

    #[test]
    fn words_never_vanish(words in proptest::collection::vec("[a-z]{3,9}", 1..8), marks in proptest::collection::vec("[\\[\\]()*_~#>! \n:-]{1,4}", 8)) {
        let body: String = words.iter().zip(&marks).flat_map(|(word, mark)| [mark.as_str(), word]).collect();
        let html = to_html(&body);
        for word in &words {
            prop_assert!(html.contains(word.as_str()), "{word} is missing in {html}");
        }
    }
}
