//! Browsers by the names that people know.

/// `Chrome on Windows`, out of what a browser calls itself.
pub fn device_name(user_agent: Option<&str>) -> String {
    let Some(agent) = user_agent else { return "An unknown browser".to_owned() };
    // Most call themselves after several others; the first that fits is the true one.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|it| it.1);
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => browser.to_owned() + " on " + system,
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => "A browser on ".to_owned() + system,
        // A program: its name stands before the version.
        (None, None) => agent.split(['/', ' ']).next().unwrap_or(agent).chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
            ("curl/8.5.0", "curl"),
            ("node", "node"),
        ] {
            assert_eq!(device_name(Some(agent)), name);
        }
        assert_eq!(device_name(None), "An unknown browser");
    }
}
