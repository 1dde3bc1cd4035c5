//! What commands say to people.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::Failure;

/// Standard output, error and input.
#[derive(Debug, Default)]
pub(super) struct Console {
    /// Whoever read our output has gone; what is said from here on is said to nobody.
    is_deaf: bool,
}

impl Console {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Writes a line to standard output. A reader that has gone (`| head`) is no failure.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        if self.is_deaf {
            return Ok(());
        }
        let mut output = io::stdout().lock();
        match writeln!(output, "{text}").and_then(|()| output.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_deaf = true,
            other => other.map_err(Failure::other)?,
        }
        Ok(())
    }

    /// Writes a line to standard error, where it also goes when standard output is a file.
    #[expect(clippy::unused_self, reason = "everything that is said goes through the console")]
    pub(super) fn complain(&self, text: &str) {
        // Nobody is left to be told if even this fails.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Asks for a secret: without showing it at a terminal, else the first line of standard input.
    pub(super) fn ask_secret(&self, question: &str) -> Result<String, Failure> {
        let input = io::stdin();
        if !input.is_terminal() {
            return self.read_line();
        }
        let hidden = rustix::termios::tcgetattr(&input).map_err(io::Error::from).map_err(Failure::other)?;
        let mut quiet = hidden.clone();
        quiet.local_modes.remove(rustix::termios::LocalModes::ECHO);
        let set = |modes| {
            rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Flush, modes)
                .map_err(io::Error::from)
                .map_err(Failure::other)
        };
        write!(io::stderr().lock(), "{question}: ").map_err(Failure::other)?;
        set(&quiet)?;
        let line = self.read_line();
        set(&hidden)?;
        self.complain("");
        line
    }

    /// The first line of standard input, without its end.
    #[expect(clippy::unused_self, reason = "everything that is heard comes through the console")]
    pub(super) fn read_line(&self) -> Result<String, Failure> {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(Failure::other)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}
