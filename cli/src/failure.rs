//! How a command fails: one line, a remedy, and an exit code.

use std::{fmt, io, process::ExitCode};

use crate::embedded_redis::EmbeddedRedisError;

/// The exit codes of the command beside 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was tried and did not work.
    Failed = 1,
    /// Wrong usage, or an input file that cannot be used.
    Usage = 2,
    /// No server answers.
    Unreachable = 3,
}

/// Why the command ends without having done what was asked.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    error: String,
    hint: Option<String>,
    /// The key of a definition that is at fault.
    key: Option<String>,
    /// Nobody reads our output any more (`redial results … | head`): nothing to report.
    silent: bool,
}

impl Failure {
    /// It was tried and did not work: exit code 1.
    pub fn failed(error: impl fmt::Display) -> Self {
        Self::new(Exit::Failed, error)
    }

    /// Wrong usage or an unusable file: exit code 2.
    pub fn usage(error: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, error)
    }

    /// With the given exit code.
    pub fn new(exit: Exit, error: impl fmt::Display) -> Self {
        Self { exit, error: one_line(&error.to_string()), hint: None, key: None, silent: false }
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(one_line(&hint.to_string()));
        self
    }

    /// Names the key of a definition that is at fault.
    #[must_use]
    pub fn about(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// Says first where the key at fault stands, if it is about one.
    #[must_use]
    pub fn placed(mut self, place_of: impl FnOnce(&str) -> Option<String>) -> Self {
        if let Some(place) = self.key.take().and_then(|key| place_of(&key)) {
            self.error = format!("{place}: {}", self.error);
        }
        self
    }

    /// A failure of writing to standard output.
    pub fn output(error: &io::Error) -> Self {
        let silent = error.kind() == io::ErrorKind::BrokenPipe;
        Self { silent, ..Self::failed(format_args!("cannot write the output: {error}")) }
    }

    /// The exit code it stands for.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong, on one line.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// The remedy, if there is one.
    pub fn remedy(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Writes `error:` and `hint:` to stderr and gives the exit code.
    pub fn report(&self) -> ExitCode {
        if self.silent {
            return ExitCode::SUCCESS;
        }
        eprint!("{self}");
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.error)?;
        self.hint.as_ref().map_or(Ok(()), |hint| writeln!(f, "hint: {hint}"))
    }
}

impl From<EmbeddedRedisError> for Failure {
    fn from(error: EmbeddedRedisError) -> Self {
        Self::failed(&error).hint(error.hint())
    }
}

/// Scripts read one line; control characters from a server or a file have no business on a terminal.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_and_a_hint_another() {
        let failure = Failure::usage("bad\nfile\x1b[2J").hint("look\r\nthere");
        assert_eq!(failure.to_string(), "error: bad file [2J\nhint: look there\n");
        assert_eq!(failure.exit() as u8, 2);
    }
}
