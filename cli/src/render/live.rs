//! A view that is drawn again in its own place.

use std::{
    env,
    io::{self, IsTerminal},
    mem,
};

use crate::{failure::Failure, output};

/// Remembers how much of the screen the last drawing took.
#[derive(Debug, Default)]
pub struct Live {
    lines: usize,
}

impl Live {
    /// Draws `view` where the previous one stands. Lines are cut at the terminal's width: one that wrapped would spoil
    /// the count.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn draw(&mut self, view: &str) -> Result<(), Failure> {
        output::text(&self.frame(view, terminal_width()))
    }

    fn frame(&mut self, view: &str, width: usize) -> String {
        let lines: Vec<_> = view.lines().map(|line| cut(line, width)).collect();
        let back = match mem::replace(&mut self.lines, lines.len()) {
            0 => String::new(),
            drawn => format!("\x1b[{drawn}A\x1b[J"),
        };
        lines.iter().fold(back, |frame, line| frame + line + "\n")
    }
}

/// Whether stdout is a terminal on which a view can be drawn again.
pub fn can_redraw() -> bool {
    io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns of the terminal on stdout; 80 when it does not say.
fn terminal_width() -> usize {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes a winsize, and `size` is one that outlives the call.
    let asked = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    if asked == 0 && size.ws_col > 0 { usize::from(size.ws_col) } else { 80 }
}

/// The first `width` visible characters; colour sequences take no room and are kept.
fn cut(line: &str, width: usize) -> String {
    let (mut seen, mut in_sequence, mut kept) = (0, false, String::with_capacity(line.len()));
    for c in line.chars() {
        if c == '\x1b' {
            in_sequence = true;
        }
        if in_sequence || seen < width {
            kept.push(c);
        }
        if in_sequence {
            in_sequence = c != 'm';
        } else {
            seen += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_frame_goes_back_over_the_lines_of_the_last() {
        let mut live = Live::default();
        assert_eq!(live.frame("a\nb\n", 80), "a\nb\n");
        assert_eq!(live.frame("c\n", 80), "\x1b[2A\x1b[Jc\n");
        assert_eq!(live.frame("d\n", 80), "\x1b[1A\x1b[Jd\n");
    }

    #[test]
    fn lines_are_cut_at_the_width_without_losing_the_end_of_a_colour() {
        assert_eq!(cut("\x1b[31mabcdef\x1b[0m", 3), "\x1b[31mabc\x1b[0m");
    }
}
