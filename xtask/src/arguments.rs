//! What follows `cargo xtask <command>`.

use anyhow::{Result, bail};

use crate::workspace::Profile;

/// The arguments of the commands that build: `[--release] [-- what the server gets]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BuildArguments {
    pub(crate) profile: Profile,
    /// Everything after `--`, passed on to `smartlink serve`.
    pub(crate) for_server: Vec<String>,
}

impl BuildArguments {
    /// Reads them; an argument that no command knows is an error rather than ignored.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self { profile: Profile::Dev, for_server: Vec::new() };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--release" => parsed.profile = Profile::Release,
                "--" => parsed.for_server.extend(arguments.by_ref()),
                other => bail!("`{other}` is not understood here: [--release] [-- arguments for `smartlink serve`]"),
            }
        }
        Ok(parsed)
    }
}

/// For commands that take no argument.
pub(crate) fn none(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    arguments
        .next()
        .map_or(Ok(()), |argument| bail!("`{argument}` is not understood here: the command takes no argument"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<BuildArguments> {
        BuildArguments::parse(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn what_stands_behind_two_dashes_is_the_servers() {
        let parsed = parse(&["--release", "--", "--port", "9000", "--release"]).unwrap();
        assert_eq!(parsed.profile, Profile::Release);
        assert_eq!(parsed.for_server, ["--port", "9000", "--release"]);
    }

    #[test]
    fn a_build_is_for_development_unless_told() {
        assert_eq!(parse(&[]).unwrap(), BuildArguments { profile: Profile::Dev, for_server: Vec::new() });
    }

    #[test]
    fn an_unknown_argument_is_named() {
        assert!(parse(&["--relase"]).unwrap_err().to_string().contains("`--relase`"));
    }
}
